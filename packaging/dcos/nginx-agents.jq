# From the Mesos master's /slaves to metrics-agents.conf of nginx: see nginx-adminrouter-master.conf. Agents whose ID or
# address is none are left out: they would be nginx' configuration. The keys of the map begin with "=", because nginx
# takes some words (default, include, hostnames, volatile) for its own; and it does not tell upper from lower case.
"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])" as $octet
| [ .slaves[] | select(.active)
    | {id: (.id | tostring), address: ((.pid | tostring | split("@")[1]) // "" | sub(":[0-9]+\\z"; ""))}
    | select((.id | test("\\A[0-9A-Za-z-]+\\z")) and (.address | test("\\A" + $octet + "(\\." + $octet + "){3}\\z"))) ]
| unique_by(.id | ascii_downcase) as $agents
| ( $agents[] | "upstream metrics-\(.id) { server \(.address):61091; keepalive 8; keepalive_timeout 25s; }" ),
  "map \"=$metrics_agent_id\" $metrics_agent {",
  "    default \"\";",
  ( $agents[] | "    =\(.id) metrics-\(.id);" ),
  "}"
