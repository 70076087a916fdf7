# Sourced: stops with advice when a tool is missing that no Debian package of ours brings.
need() { # need COMMAND ADVICE
    command -v "$1" >/dev/null || { echo "error: '$1' is not installed" >&2; echo "help: $2" >&2; exit 1; }
}
need cargo "install Rust with rustup; rust-toolchain.toml names the version"
need npm "install Node.js with npm (Debian: apt-get install nodejs npm); it fetches the agent runtime"
