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

# vitrine_fuzzer(<name> SOURCES ... USES <layers...> [LINK <targets...>] [LIBFUZZER])
#
# A program fuzz_<name>, run on some damaged seeds in the quick tests and for a minute in the soak. In the fuzz preset
# those marked LIBFUZZER are libFuzzer programs instead, and the others are left out.
function(vitrine_fuzzer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "LIBFUZZER" "" "SOURCES;USES;LINK")
  if(VITRINE_BUILD_FUZZ AND NOT arg_LIBFUZZER)
    return()
  endif()
  list(TRANSFORM arg_USES PREPEND vitrine:: OUTPUT_VARIABLE uses)
  add_executable(fuzz_${name} ${arg_SOURCES})
  target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/unit/io)
  target_link_libraries(fuzz_${name} PRIVATE ${uses} ${arg_LINK})
  if(VITRINE_BUILD_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    return()
  endif()
  target_sources(fuzz_${name} PRIVATE driver.cpp)
  add_test(NAME fuzz.${name} COMMAND fuzz_${name} --inputs 500)
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fast TIMEOUT 300)
  add_test(NAME fuzz.${name}.soak COMMAND fuzz_${name} --seconds 60)
  set_tests_properties(fuzz.${name}.soak PROPERTIES LABELS soak TIMEOUT 300)
endfunction()
