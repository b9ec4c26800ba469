# Completion of node-metrics-agent for bash.
_node_metrics_agent() {
    local cur prev words cword word command=() i
    if declare -F _get_comp_words_by_ref >/dev/null; then
        _get_comp_words_by_ref -n : cur prev words cword
    else
        words=("${COMP_WORDS[@]}")
        cword=$COMP_CWORD
        cur=${words[cword]}
        prev=${words[cword - 1]}
    fi
    COMPREPLY=()

    case $prev in
    --config)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
        ;;
    --host-root)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -d -- "$cur")
        return
        ;;
    --auth)
        mapfile -t COMPREPLY < <(compgen -W 'token none' -- "$cur")
        return
        ;;
    --view)
        mapfile -t COMPREPLY < <(compgen -W 'standard full' -- "$cur")
        return
        ;;
    --listen)
        compopt -o nospace
        mapfile -t COMPREPLY < <(compgen -W '127.0.0.1:61092 unix:/run/node-metrics-agent/api.sock systemd:' -- "$cur")
        declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions "$cur"
        return
        ;;
    --interval | --uid)
        return
        ;;
    esac

    # The words of the command, without options and their values.
    for ((i = 1; i < cword; ++i)); do
        word=${words[i]}
        case $word in
        --config | --host-root | --auth | --view | --listen | --interval | --uid) ((++i)) ;;
        -*) ;;
        *) command+=("$word") ;;
        esac
    done

    if [[ $cur == -* ]]; then
        local options='--config --listen --auth --interval --host-root --view --version --help'
        [[ ${command[0]} != token ]] || options='--uid'
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
        return
    fi
    case "${command[*]}" in
    '') word='once doctor token check-config budget datapoints' ;;
    once) word='node containers container' ;;
    'once container') word=$(node-metrics-agent once containers 2>/dev/null | tr -d '[]"' | tr ',' ' ') ;;
    token) word='new' ;;
    'token new'*)
        word='dcos:superuser dcos:adminrouter:ops:system-metrics dcos:adminrouter:system:agent'
        word+=' node-metrics-agent:container: node-metrics-agent:route:'
        ;;
    *) word='' ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$word" -- "$cur")
    declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions "$cur"
} &&
    complete -F _node_metrics_agent node-metrics-agent
