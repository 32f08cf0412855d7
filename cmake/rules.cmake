# One target holds the standard, the warnings and the hardening; every target of the house links it.
add_library(virtmeter_rules INTERFACE)
target_compile_features(virtmeter_rules INTERFACE c_std_11)
target_compile_definitions(virtmeter_rules INTERFACE _GNU_SOURCE)
target_include_directories(virtmeter_rules INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(virtmeter_rules INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
  -Wpointer-arith -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wno-format-nonliteral -Wno-missing-field-initializers
  -fno-strict-overflow -fstack-protector-strong
  -UNDEBUG) # programming errors assert, in what is installed too

option(VIRTMETER_COVERAGE "Measure the coverage of the tests" OFF)
if(VIRTMETER_COVERAGE)
  target_compile_options(virtmeter_rules INTERFACE --coverage)
  target_link_options(virtmeter_rules INTERFACE --coverage)
endif()

set(VIRTMETER_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")
if(VIRTMETER_SANITIZE)
  target_compile_options(virtmeter_rules INTERFACE
    -fsanitize=${VIRTMETER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(virtmeter_rules INTERFACE -fsanitize=${VIRTMETER_SANITIZE})
else()
  target_compile_options(virtmeter_rules INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:-U_FORTIFY_SOURCE>
    $<$<CONFIG:Release,RelWithDebInfo>:-D_FORTIFY_SOURCE=2>)
endif()

# Position-independent code everywhere: static libraries end up in a collectd plugin too.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)
set(CMAKE_C_VISIBILITY_PRESET hidden)
target_link_options(virtmeter_rules INTERFACE LINKER:-z,relro,-z,now,-z,noexecstack)
