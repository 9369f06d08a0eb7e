"""A contract for import-linter: who may import a module is told by the importer's name."""

from __future__ import annotations

import re

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class ImportersByName(Contract):
    """Only modules with certain names may import a module directly.

    Options:
        imported: the module that is protected, of this project or another.
        names: a regular expression that matches the last part of the importer's name in full.
    """

    type_name = "importers_by_name"

    imported = fields.StringField()
    names = fields.StringField()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Find the importers whose names do not match."""
        importers = graph.find_modules_that_directly_import(str(self.imported))
        others = sorted(
            importer
            for importer in importers
            if not re.fullmatch(str(self.names), importer.rpartition(".")[2])
        )
        return ContractCheck(kept=not others, metadata={"others": others})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print these importers."""
        for importer in check.metadata["others"]:
            output.print_error(f"{importer} imports {self.imported}")
