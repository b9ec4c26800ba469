# CMake's toolchain file for Debian's armhf, inside the root of packaging/cross/root.
set(CMAKE_SYSTEM_PROCESSOR arm)
set(debian_triplet arm-linux-gnueabihf)
set(emulator qemu-arm-static)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
