#!/bin/sh
# Prints the path of a program that parses answers as the llama.cpp release does; builds it once.
#
#   build.sh SOURCE CACHE DRIVER
#
# SOURCE is the release's checked-out source, CACHE a folder for what is built, DRIVER parser.cpp. Only the files of the chat
# parser are compiled. What they name beside it, parsers of other formats and llama.cpp itself, is never called for the templates
# that are asked of it, and left unresolved; a call of it would end the program. Needs g++.
set -eu
source=$1 cache=$2 driver=$3
program=$cache/parser-$(cksum <"$driver" | cut -d' ' -f1)
if [ ! -x "$program" ]; then
  mkdir -p "$cache"
  files="chat chat-auto-parser-generator chat-auto-parser-helpers chat-diff-analyzer chat-peg-parser peg-parser
    json-schema-to-grammar json-schema json unicode trie log common parsers/parsers parsers/lfm2
    jinja/caps jinja/lexer jinja/parser jinja/runtime jinja/string jinja/value"
  export source cache
  printf '%s\n' $files | xargs -P 2 -I{} sh -ec '
    object=$cache/$(echo {} | tr / -).o
    [ -f "$object" ] || {
      g++ -std=c++17 -O0 -w -I"$source/common" -I"$source/include" -I"$source/ggml/include" -I"$source/vendor" \
        -c "$source/common/{}.cpp" -o "$object.part"
      mv "$object.part" "$object"
    }'
  g++ -std=c++17 -O0 -w -I"$source/common" -I"$source/include" -I"$source/ggml/include" -I"$source/vendor" \
    "$driver" "$cache"/*.o -no-pie -Wl,-z,lazy -Wl,--unresolved-symbols=ignore-all -lpthread -o "$program.part"
  mv "$program.part" "$program"
fi
echo "$program"
