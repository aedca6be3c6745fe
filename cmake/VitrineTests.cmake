# vitrine_tests(<layer> SOURCES ... USES <layers...> [LINK <targets...>] [LABEL <label>] [FULL] [SOAK])
#
# One executable test_<layer>, linked with the shared main of tests/support. ctest runs it once for the quick tests
# (label fast, or LABEL), once for those tagged [full] where FULL is given, once for those tagged [soak] where SOAK is.
# FULL and SOAK may be left out where no such test exists, since Catch2 fails when a filter selects nothing.
function(vitrine_tests layer)
  cmake_parse_arguments(PARSE_ARGV 1 arg "FULL;SOAK" "LABEL" "SOURCES;USES;LINK")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "vitrine_tests(${layer}): unexpected ${arg_UNPARSED_ARGUMENTS}")
  endif()
  list(TRANSFORM arg_USES PREPEND vitrine:: OUTPUT_VARIABLE uses)
  set(test test_${layer})
  add_executable(${test} ${arg_SOURCES})
  target_link_libraries(${test} PRIVATE ${uses} ${arg_LINK} vitrine_test_support)

  if(NOT arg_LABEL)
    set(arg_LABEL fast)
  endif()
  add_test(NAME ${layer} COMMAND ${test} "~[full]~[soak]" --use-colour no)
  set_tests_properties(${layer} PROPERTIES LABELS ${arg_LABEL} TIMEOUT 900)  # sanitized, beside other work
  foreach(kind FULL SOAK)
    string(TOLOWER ${kind} tag)
    foreach(source ${arg_SOURCES})  # no test that never runs
      file(STRINGS ${source} tagged REGEX "\\[${tag}\\]")
      if(tagged AND NOT arg_${kind})
        message(FATAL_ERROR "vitrine_tests(${layer}): ${source} has tests tagged [${tag}]. Add ${kind}.")
      endif()
    endforeach()
    if(arg_${kind})
      add_test(NAME ${layer}.${tag} COMMAND ${test} "[${tag}]" --use-colour no)
      set_tests_properties(${layer}.${tag} PROPERTIES LABELS ${tag} TIMEOUT 3600)
    endif()
  endforeach()
endfunction()

# vitrine_fuzzer(<name> SOURCES ... USES <layers...>): a libFuzzer program fuzz_<name>; needs the fuzz preset.
function(vitrine_fuzzer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES")
  list(TRANSFORM arg_USES PREPEND vitrine:: OUTPUT_VARIABLE uses)
  add_executable(fuzz_${name} ${arg_SOURCES})
  target_link_libraries(fuzz_${name} PRIVATE ${uses})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
endfunction()
