/**
 * Chat templates: the Jinja that a model file carries in {@code tokenizer.chat_template}, which turns messages, tools
 * and settings into the prompt its model was trained on.
 *
 * <p>Entry is {@link omni.template.ChatTemplate}: compile once, render as often as needed. A compiled template is
 * immutable; any thread may render it, many at once. Everything else in the package belongs to one rendering and one
 * thread.
 *
 * <p>The language is <a href="https://jinja.palletsprojects.com/en/stable/templates/">Jinja 3.1</a> in the environment
 * of Python's <a href="https://huggingface.co/docs/transformers/chat_templating">transformers</a> 5: {@code trim_blocks}
 * and {@code lstrip_blocks}, loop controls, the {@code generation} tag, its {@code tojson}, {@code raise_exception} and
 * {@code strftime_now}, and Python's values underneath: its texts by code point, its whole numbers and fractions, its
 * lists and dicts, their methods, and the way they all print. Other templates cannot be used from one.
 *
 * <p>A template is a stranger's program. It sees its variables and nothing else, and {@code Limits} bounds what it may
 * cost in steps, text, elements and depth. Errors are {@link omni.template.TemplateException}; their text never repeats
 * the conversation, unless the template itself raises it.
 *
 * <p>Source is read by {@code Lexer} and {@code Parser} into {@code Statement} and {@code Expression}, which {@code
 * Interpreter} and {@code Evaluator} walk.
 */
@NullMarked
package omni.template;

import org.jspecify.annotations.NullMarked;
