"""`parley rules`: what is done automatically, by which rules, and the switch that stops it all."""

import typer

from services.cli import brakes, judgements, rule_sets

rules = typer.Typer(no_args_is_help=True, help="Change, try, explain and stop the rules.")

rules.command("import")(rule_sets.import_)
rules.command("export")(rule_sets.export)
rules.command("list")(rule_sets.show_all)
rules.command("show")(rule_sets.show)
rules.command("enable")(rule_sets.enable)
rules.command("disable")(rule_sets.disable)
rules.command("diff")(rule_sets.diff)
rules.command("test")(judgements.try_out)
rules.command("explain")(judgements.explain)
rules.command("stop")(brakes.stop)
rules.command("start")(brakes.start)
