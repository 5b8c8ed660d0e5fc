"""The command line: which command is what; all work is done elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer

from clarbuild.commands import build, care, chain, cost, crosscheck, look, profile, serve, share

app = typer.Typer(
    help="Compiles Clarity contracts to WebAssembly, caches them by content, and runs them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (build.build, build.watch, look.inspect, look.show, chain.call, chain.replay):
    app.command()(command)
app.command()(look.explain)
app.command()(cost.cost)
app.command()(profile.profile)
app.command()(crosscheck.crosscheck)
app.command()(serve.serve)
app.command("verify")(care.verify_builds)
care.cache_app.command()(share.keygen)
care.cache_app.command()(share.push)
app.add_typer(care.cache_app, name="cache")


@app.callback()
def main(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Options that belong to no command."""
    if version:
        from clarbuild.version import VERSION

        print(f"clarbuild {VERSION}")
        raise typer.Exit()
