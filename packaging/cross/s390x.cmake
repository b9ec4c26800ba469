# CMake's toolchain file for Debian's s390x, inside the root of packaging/cross/root.
set(CMAKE_SYSTEM_PROCESSOR s390x)
set(debian_triplet s390x-linux-gnu)
set(emulator qemu-s390x-static)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
