# cmake -D BUILD=<build tree> -D COMPILER=<c++> -P run.cmake
# Installs that build into a scratch folder, then builds and runs the downstream project, which knows only the install.
set(scratch ${BUILD}/downstream)
file(REMOVE_RECURSE ${scratch})
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "downstream: this failed: ${ARGV}")
  endif()
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${scratch}/prefix)
run(${CMAKE_COMMAND} -G Ninja -S ${CMAKE_CURRENT_LIST_DIR} -B ${scratch}/build
    -D CMAKE_PREFIX_PATH=${scratch}/prefix -D CMAKE_CXX_COMPILER=${COMPILER})
run(${CMAKE_COMMAND} --build ${scratch}/build)
run(${scratch}/build/downstream)
