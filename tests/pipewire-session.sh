#!/bin/sh
# Runs a command beside a private PipeWire with two outputs, `microphone` and `speakers`, and none of this machine's own
# devices. The default input is what is played to `microphone`; the default output is `speakers`; `both` plays to both.
#     tests/pipewire-session.sh COMMAND [ARGUMENT...]
set -eu

if [ -z "${SIDETONE_IN_SESSION-}" ]; then
    for command in dbus-run-session pipewire wireplumber pipewire-pulse pactl paplay; do
        command -v "$command" >/dev/null || {
            echo "error: $command is missing" >&2
            echo "hint: apt-get install pipewire pipewire-pulse pipewire-alsa wireplumber dbus pulseaudio-utils" >&2
            exit 1
        }
    done
    # What the command prints is wanted, the bus's own remarks are not.
    SIDETONE_IN_SESSION=1 exec dbus-run-session -- "$0" "$@"
fi

home=$(mktemp -d)
chmod 700 "$home"
export XDG_RUNTIME_DIR="$home" XDG_CONFIG_HOME="$home" XDG_STATE_HOME="$home"
unset PULSE_SERVER PIPEWIRE_REMOTE ALSA_CONFIG_PATH

started=
end() {
    for process in $started; do kill "$process" 2>/dev/null || true; done
    wait
    rm -rf "$home"
}
trap end EXIT
trap 'exit 1' INT TERM

# Waits for at most 20 s until a command succeeds.
until_it_works() {
    for _ in $(seq 200); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.1
    done
    echo "error: $* does not work" >&2
    cat "$home"/*.log >&2
    exit 1
}

pipewire >"$home/pipewire.log" 2>&1 &
started="$!"
echo "$!" >"$home/pipewire.pid"
until_it_works test -S "$home/pipewire-0"
wireplumber >"$home/wireplumber.log" 2>&1 &
started="$! $started"
pipewire-pulse >"$home/pipewire-pulse.log" 2>&1 &
started="$! $started"
until_it_works pactl info
for output in microphone speakers; do
    pactl load-module module-null-sink sink_name=$output rate=48000 channels=1 channel_map=mono >/dev/null
    until_it_works pactl set-default-source $output.monitor
done
pactl load-module module-combine-sink sink_name=both slaves=microphone,speakers >/dev/null
until_it_works pactl set-default-source microphone.monitor
until_it_works pactl set-default-sink speakers

"$@"
