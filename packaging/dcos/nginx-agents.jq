# From the Mesos master's /slaves to metrics-agents.conf of nginx: see nginx-adminrouter-master.conf. Agents whose ID or
# address is none are left out: they would be nginx' configuration.
[ .slaves[] | select(.active)
  | {id, address: (.pid | split("@")[1] // "" | sub(":[0-9]+$"; ""))}
  | select((.id | test("^[0-9A-Za-z-]+$")) and (.address | test("^[0-9.]+$"))) ] as $agents
| ( $agents[] | "upstream metrics-\(.id) { server \(.address):61091; keepalive 8; keepalive_timeout 25s; }" ),
  "map $metrics_agent_id $metrics_agent {",
  "    default \"\";",
  ( $agents[] | "    \(.id) metrics-\(.id);" ),
  "}"
