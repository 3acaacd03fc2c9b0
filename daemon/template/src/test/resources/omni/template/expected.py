"""Renders every chat template of a folder over every conversation of a file, as Python's transformers does.

Usage: expected.py TEMPLATES_FOLDER CONVERSATIONS_JSON OUTPUT_JSON

The output is a list of {template, case, kind, text}: kind is "text", or the TemplateException.Kind that stands for the
exception. Two things are added to transformers' environment, and results that need them say so in "added": lists that
can be changed ("change"; its sandbox refuses that, though templates in circulation do it) and the filter from_json
("filter"). The clock stands still.
"""

import datetime
import functools
import json
import os
import pathlib
import sys

import jinja2
import jinja2.sandbox
from transformers.utils import chat_template_utils as utils

SANDBOXES = {"": jinja2.sandbox.ImmutableSandboxedEnvironment, "change": jinja2.sandbox.SandboxedEnvironment}


class StandingClock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2026, 3, 5, 14, 7, 9)


@functools.lru_cache(maxsize=None)
def compiled(source, sandbox):
    utils.ImmutableSandboxedEnvironment = SANDBOXES[sandbox]
    compile_template = utils._cached_compile_jinja_template
    compile_template = getattr(compile_template, "__wrapped__", compile_template)
    template = compile_template(source)
    template.environment.filters["from_json"] = json.loads
    return template


def render(source, variables, sandbox):
    try:
        return "text", compiled(source, sandbox).render(**variables)
    except jinja2.exceptions.TemplateSyntaxError as e:
        return "SYNTAX", str(e)
    except jinja2.exceptions.SecurityError as e:
        return "SECURITY", str(e)
    except jinja2.exceptions.TemplateError as e:
        return ("RAISED" if type(e) is jinja2.exceptions.TemplateError else "RUNTIME"), str(e)
    except RecursionError as e:
        return "LIMIT", str(e)
    except Exception as e:  # whatever else Python raises inside a template is a run-time error of that template
        return "RUNTIME", f"{type(e).__name__}: {e}"


def main(folder, conversations, output):
    utils.datetime = StandingClock
    cases = json.loads(pathlib.Path(conversations).read_text(encoding="utf-8"))
    results = []
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".jinja"):
            continue
        with open(os.path.join(folder, name), encoding="utf-8", newline="") as f:
            source = f.read()
        for case in cases:
            kind, text = render(source, case["variables"], "")
            added = ["filter"] if "from_json" in source else []
            if kind == "SECURITY":
                kind, text = render(source, case["variables"], "change")
                added.append("change")
            results.append({"template": name, "case": case["name"], "kind": kind, "text": text, "added": added})
    pathlib.Path(output).write_text(json.dumps(results), encoding="utf-8")


main(*sys.argv[1:])
