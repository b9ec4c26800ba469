# CMake's toolchain file for Debian's arm64, inside the root of packaging/cross/root.
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(debian_triplet aarch64-linux-gnu)
set(emulator qemu-aarch64-static)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
