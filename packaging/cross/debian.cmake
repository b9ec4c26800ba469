# What the toolchain files of all processors have in common: Debian's compilers and packages of that processor.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER ${debian_triplet}-gcc)
set(CMAKE_CXX_COMPILER ${debian_triplet}-g++)
set(CMAKE_LIBRARY_ARCHITECTURE ${debian_triplet})
# Tools run as they are, in the emulator: nothing of the kernel needs to be set up for that.
set(CMAKE_CROSSCOMPILING_EMULATOR ${emulator})

# pkg-config of this machine must not find this machine's libraries.
if(DEFINED ENV{NMA_PKG_CONFIG_LIBDIR})  # of libraries that were built for this alone
  set(ENV{PKG_CONFIG_LIBDIR} $ENV{NMA_PKG_CONFIG_LIBDIR})
else()
  set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/${debian_triplet}/pkgconfig:/usr/share/pkgconfig)
endif()
