# Part of `cmake --install`: what says where other files are. In the sources that is where the packages have them; another
# prefix, which may not be known before now, gets its own places, so that its service starts its program.
# $from: the sources of this directory, $to: a place for what is made; $bin, $etc, $doc, $man, $units: absolute or below the prefix.
if(NOT IS_ABSOLUTE "${etc}")
  # As GNUInstallDirs has it.
  if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    set(etc "/${etc}")
  elseif(CMAKE_INSTALL_PREFIX MATCHES "^/opt/")
    set(etc "/${etc}${CMAKE_INSTALL_PREFIX}")
  endif()
endif()
foreach(place IN ITEMS bin etc doc man units)
  if(NOT IS_ABSOLUTE "${${place}}")
    set(${place} "${CMAKE_INSTALL_PREFIX}/${${place}}")
  endif()
endforeach()

foreach(target IN ITEMS "${units}|systemd/node-metrics-agent.service" "${units}|systemd/node-metrics-agent.socket"
    "${man}/man8|man/node-metrics-agent.8" "${man}/man5|man/node-metrics-agent.json.5")
  string(REPLACE "|" ";" target "${target}")
  list(GET target 0 directory)
  list(GET target 1 file)
  file(READ "${from}/${file}" text)
  string(REPLACE "/usr/bin/node-metrics-agent" "${bin}/node-metrics-agent" text "${text}")
  string(REPLACE "/usr/share/doc/node-metrics-agent" "${doc}" text "${text}")
  string(REPLACE "/etc/node-metrics-agent" "${etc}/node-metrics-agent" text "${text}")
  file(WRITE "${to}/${file}" "${text}")
  file(INSTALL DESTINATION "${directory}" TYPE FILE FILES "${to}/${file}")
endforeach()
file(INSTALL DESTINATION "${etc}/node-metrics-agent" TYPE FILE FILES "${from}/node-metrics-agent.json")

file(REMOVE_RECURSE "${to}/doc")
execute_process(COMMAND "${from}/install-docs" "${to}/doc" COMMAND_ERROR_IS_FATAL ANY)
file(INSTALL DESTINATION "${doc}" TYPE DIRECTORY FILES "${to}/doc/" "${from}/systemd/examples")
# root installs what a user built, and builds again.
file(REMOVE_RECURSE "${to}/doc" "${to}/man" "${to}/systemd")
