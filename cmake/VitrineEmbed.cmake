# vitrine_literal(VARIABLE FILE): the file's bytes as a C++ string literal; configuring follows the file.
function(vitrine_literal variable file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${bytes}")
  # A literal per 64 bytes: long lines are slow to read for tools.
  string(REPEAT "...." 64 line)
  string(REGEX REPLACE "(${line})" "\\1\"\n\"" bytes "${bytes}")
  set(${variable} "\"${bytes}\"" PARENT_SCOPE)
endfunction()
