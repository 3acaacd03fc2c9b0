"""Renders templates as Python's transformers does.

Usage: expected.py conversations CONVERSATIONS_JSON OUTPUT_JSON TEMPLATES_FOLDER
       expected.py snippets SNIPPETS_JSON OUTPUT_JSON

The first renders every chat template of a folder over every conversation of a file; the output is a list of {template,
case, kind, text, added}. The second renders the small templates of snippets.json over its variables; the output is
that file anew, so it can also replace it.

kind is "text", or the TemplateException.Kind that stands for the exception. Two things are added to transformers' environment, and results that need them say so in "added": lists that
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
import jinja2.defaults
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
    return compile_template(source)


def render(source, variables, sandbox):
    try:
        return "text", compiled(source, sandbox).render(**variables)
    except jinja2.exceptions.TemplateSyntaxError as e:
        return "SYNTAX", str(e)
    except jinja2.exceptions.SecurityError as e:
        return "SECURITY", str(e)
    except jinja2.exceptions.TemplateError as e:
        return ("RAISED" if type(e) is jinja2.exceptions.TemplateError else "RUNTIME"), str(e)
    except (RecursionError, OverflowError) as e:
        return "LIMIT", str(e)
    except SyntaxError as e:
        return "SYNTAX", str(e)
    except Exception as e:  # whatever else Python raises inside a template is a run-time error of that template
        return "RUNTIME", f"{type(e).__name__}: {e}"


def added_render(source, variables):
    kind, text = render(source, variables, "")
    added = ["filter"] if "from_json" in source else []
    if kind == "SECURITY":
        changed, changed_text = render(source, variables, "change")
        if changed != "SECURITY":
            return changed, changed_text, [*added, "change"]
        kind = "RUNTIME"
    return kind, text, added


def conversations(cases, folder):
    results = []
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".jinja"):
            continue
        with open(os.path.join(folder, name), encoding="utf-8", newline="") as f:
            source = f.read()
        for case in cases:
            kind, text, added = added_render(source, case["variables"])
            results.append({"template": name, "case": case["name"], "kind": kind, "text": text, "added": added})
    return results


def snippets(golden):
    results = []
    for snippet in golden["snippets"]:
        variables = json.loads(json.dumps(golden["variables"]))
        kind, text, _ = added_render(snippet["template"], variables)
        shown = {"text": text} if kind in ("text", "RAISED") else {}
        results.append({"template": snippet["template"], "kind": kind, **shown})
    return {"variables": golden["variables"], "snippets": results}


def main(mode, given, output, *rest):
    utils.datetime = StandingClock
    jinja2.defaults.DEFAULT_FILTERS["from_json"] = json.loads
    data = json.loads(pathlib.Path(given).read_text(encoding="utf-8"))
    results = {"conversations": conversations, "snippets": snippets}[mode](data, *rest)
    text = json.dumps(results, ensure_ascii=False, indent=1 if mode == "snippets" else None)
    pathlib.Path(output).write_text(text + "\n", encoding="utf-8", errors="surrogatepass")


main(*sys.argv[1:])
