// What the parser of the llama.cpp release makes of answers: one JSON object a line in, one out.
//
// In:  {"setup": {"template": file, "tools": […]}, "text": …}
// Out: {"content": …, "reasoning": …, "calls": [{"name": …, "arguments": …}]} or {"error": …}
#include "chat.h"
#include "json.h"
#include "log.h"

#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

static std::string file(const std::string & name) {
    std::ifstream in(name);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

static common_chat_parser_params parser(const common_json & setup) {
    common_chat_msg question;
    question.role = "user";
    question.content = "Well?";
    common_chat_templates_inputs inputs;
    inputs.messages = {question};
    inputs.tools = common_chat_tools_parse_oaicompat(setup.at("tools"));
    inputs.parallel_tool_calls = true;
    inputs.reasoning_format = COMMON_REASONING_FORMAT_DEEPSEEK;
    auto templates = common_chat_templates_init(nullptr, file(setup.at("template").get<std::string>()));
    auto params = common_chat_templates_apply(templates.get(), inputs);
    common_chat_parser_params made(params);
    made.reasoning_format = COMMON_REASONING_FORMAT_DEEPSEEK;
    made.parser.load(params.parser);
    return made;
}

static common_json parsed(const common_json & in, std::map<std::string, common_chat_parser_params> & parsers) {
    auto setup = in.at("setup").dump();
    if (!parsers.count(setup)) {
        parsers[setup] = parser(in.at("setup"));
    }
    auto message = common_chat_parse(in.at("text").get<std::string>(), false, parsers.at(setup));
    common_json out = common_json::object();
    out["content"] = message.content;
    out["reasoning"] = message.reasoning_content;
    auto calls = common_json::array();
    for (const auto & call : message.tool_calls) {
        auto one = common_json::object();
        one["name"] = call.name;
        one["arguments"] = call.arguments;
        calls.push_back(one);
    }
    out["calls"] = calls;
    return out;
}

int main() {
    common_log_set_verbosity_thold(-1);
    std::map<std::string, common_chat_parser_params> parsers;
    std::string line;
    while (std::getline(std::cin, line)) {
        common_json out = common_json::object();
        try {
            out = parsed(common_json::parse(line), parsers);
        } catch (const std::exception & e) {
            out["error"] = std::string(e.what());
        }
        std::cout << out.dump() << std::endl;
    }
}
