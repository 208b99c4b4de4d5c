# embed_files(TARGET FUNCTION BASE FILE...): puts the files into the library TARGET, where the
# function `FUNCTION` of server/embedded.h lists them. The assembler's .incbin copies the bytes as
# they are, at once, whatever their size; C arrays of numbers take minutes to compile.
function(embed_files target function base)
  set(assembly ".section .note.GNU-stack,\"\",%progbits\n.section .rodata\n")
  set(table "")
  set(declarations "")
  set(index 0)
  foreach(file IN LISTS ARGN)
    set(symbol "muster_${function}_${index}")
    file(RELATIVE_PATH name "${base}" "${file}")
    string(APPEND assembly
      ".global ${symbol}\n.global ${symbol}_end\n${symbol}:\n.incbin \"${file}\"\n${symbol}_end:\n.byte 0\n")
    string(APPEND declarations
      "extern \"C\" const char ${symbol}[];\nextern \"C\" const char ${symbol}_end[];\n")
    string(APPEND table
      "      {\"${name}\", {${symbol}, static_cast<std::size_t>(${symbol}_end - ${symbol})}},\n")
    math(EXPR index "${index} + 1")
  endforeach()
  set(out "${CMAKE_CURRENT_BINARY_DIR}/embedded/${function}")
  file(CONFIGURE OUTPUT "${out}.S" CONTENT "${assembly}" @ONLY)
  file(CONFIGURE OUTPUT "${out}.cc" CONTENT "#include \"server/embedded.h\"
${declarations}
std::span<const muster::EmbeddedFile> muster::${function}() {
  static const muster::EmbeddedFile files[] = {
${table}  };
  return files;
}
" @ONLY)
  set_source_files_properties("${out}.S" PROPERTIES OBJECT_DEPENDS "${ARGN}")
  target_sources(${target} PRIVATE "${out}.S" "${out}.cc")
endfunction()
