#!/bin/sh
# Runs a command beside a private PipeWire with two outputs, `microphone` and `speakers`, and none of this machine's own
# devices. The default input is what is played to `microphone`; the default output is `speakers`; `both` plays to both.
#     tests/pipewire-session.sh COMMAND [ARGUMENT...]
# COMMAND can end and start the server: tests/pipewire-session.sh --end-server, --start-server.
set -eu

if [ -z "${SIDETONE_IN_SESSION-}" ]; then
    for command in dbus-run-session pipewire wireplumber pipewire-pulse pactl paplay; do
        command -v "$command" >/dev/null || {
            echo "error: $command is missing" >&2
            echo "hint: apt-get install pipewire pipewire-pulse pipewire-alsa wireplumber dbus pulseaudio-utils" >&2
            exit 1
        }
    done
    SIDETONE_IN_SESSION=1 exec dbus-run-session -- "$0" "$@"
fi

# Waits for at most 20 s until a command succeeds.
until_it_works() {
    for _ in $(seq 200); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.1
    done
    echo "error: $* does not work" >&2
    cat "$XDG_RUNTIME_DIR"/*.log >&2
    exit 1
}

start_server() {
    for server in pipewire wireplumber pipewire-pulse; do
        "$server" >"$XDG_RUNTIME_DIR/$server.log" 2>&1 &
        echo "$!" >"$XDG_RUNTIME_DIR/$server.pid"
        until_it_works test -S "$XDG_RUNTIME_DIR/pipewire-0"
    done
    until_it_works pactl info
    for output in microphone speakers; do
        pactl load-module module-null-sink sink_name=$output rate=48000 channels=1 channel_map=mono >/dev/null
        until_it_works pactl set-default-source $output.monitor
    done
    pactl load-module module-combine-sink sink_name=both slaves=microphone,speakers >/dev/null
    until_it_works pactl set-default-source microphone.monitor
    until_it_works pactl set-default-sink speakers
}

end_server() {
    for server in pipewire-pulse wireplumber pipewire; do
        pid=$(cat "$XDG_RUNTIME_DIR/$server.pid" 2>/dev/null) || continue
        kill "$pid" 2>/dev/null || true
        while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
        rm -f "$XDG_RUNTIME_DIR/$server.pid"
    done
}

# From inside the session.
case "${1-}" in
--end-server) end_server; exit ;;
--start-server) start_server; exit ;;
esac

XDG_RUNTIME_DIR=$(mktemp -d)
chmod 700 "$XDG_RUNTIME_DIR"
# A home where no program has yet made PulseAudio's cookie: somebody's whose sound was PipeWire's from the first day.
export XDG_RUNTIME_DIR HOME="$XDG_RUNTIME_DIR" XDG_CONFIG_HOME="$XDG_RUNTIME_DIR" XDG_STATE_HOME="$XDG_RUNTIME_DIR"
unset PULSE_SERVER PIPEWIRE_REMOTE ALSA_CONFIG_PATH

trap 'end_server; rm -rf "$XDG_RUNTIME_DIR"' EXIT
trap 'exit 1' INT TERM
start_server

"$@"
