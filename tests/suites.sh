# shellcheck shell=bash
# Every suite, one after another, and the sum of them. Sourced by ./dev.

passed=0 failed=0 skipped=0
reasons=()

# count PASSED FAILED SKIPPED
count() {
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

# skip_suite NAME REASON: a whole suite that could not run counts as one skipped test, never silently.
skip_suite() {
    count 0 0 1
    reasons+=("$1: $2")
    say "$1: not run: $2"
}

# total NAME LOG: the number behind a word of VSTest's closing lines; 0 where it is left out.
total() {
    local number
    number=$(sed -nE "s/^ *$1: ([0-9]+)$/\1/p" "$2" | tail -n 1)
    echo "${number:-0}"
}

# xunit NAME LOG COMMAND...: runs a VSTest command and adds up the closing lines of its log.
xunit() {
    local name=$1 log=$2 status=0
    shift 2
    say "$name"
    "$@" >"$log" 2>&1 || status=$?
    if ! grep -q '^Total tests: [0-9]' "$log"; then
        tail -n 40 "$log"
        count 0 1 0
        say "$name: ended with $status and no result"
        return
    fi
    grep -vE '^ +at (System|Xunit|Microsoft)\.|^ +(Passed|Skipped) |^\[xUnit' "$log" | grep -E -A 12 '^  Failed ' | head -n 200 || true
    # xunit gives a skipped test's reason on the line after its name.
    mapfile -t -O "${#reasons[@]}" reasons < <(sed -nE '/\[SKIP\]$/{n;s/^\[xUnit[^]]*\] *//p}' "$log" | sort | uniq -c | sed -E "s/^ *([0-9]+) (.*)/$name: \1 tests: \2/")
    printf '%s: %d passed, %d failed, %d skipped\n' "$name" "$(total Passed "$log")" "$(total Failed "$log")" "$(total Skipped "$log")"
    count "$(total Passed "$log")" "$(total Failed "$log")" "$(total Skipped "$log")"
    ((status == 0 || $(total Failed "$log") > 0)) || count 0 1 0
}

# pester NAME LOG COMMAND...: the same for tests/Pester/run.ps1, which closes with 'pester: P passed, F failed, S skipped'.
pester() {
    local name=$1 log=$2 line status=0
    shift 2
    say "$name"
    "$@" 2>&1 | tee "$log" || status=$?
    line=$(grep -E '^pester: [0-9]+ passed' "$log" | tail -n 1) || true
    if [[ $line =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped ]]; then
        count "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}"
        mapfile -t -O "${#reasons[@]}" reasons < <(sed -n "s/^skipped: /$name: /p" "$log")
    else
        count 0 1 0
        say "$name: ended with $status and no result"
    fi
}

# What single tests look for; where it cannot be installed they are skipped, and say so.
install_tools() {
    ((EUID == 0)) || return 0
    # shellcheck source=tests/Lab/common.sh
    (. tests/Lab/common.sh && need busybox-static:busybox cpio:cpio e2fsprogs:mke2fs acpica-tools:iasl tmux:tmux passt:passt iproute2:ip openssh-client:ssh) >&2 || true
    # An sshd that is installed is also started where there is a systemd: on such a machine that is its owner's to decide.
    # shellcheck source=tests/Lab/common.sh
    [[ -d /run/systemd/system ]] || (. tests/Lab/common.sh && need openssh-server:sshd) >&2 || true
}

run_suites() {
    local logs=artifacts/test
    rm -rf "$logs" && mkdir -p "$logs"
    find_pwsh
    install_tools

    xunit "unit tests and tiny guests" "$logs/unit.log" dotnet test tests/Unit --no-build -c Release -v quiet --logger "console;verbosity=normal"

    local has_pester=
    if ((${#pwsh[@]} == 0)); then
        skip_suite "Pester" "$no_pwsh"
    elif ! "${pwsh[@]}" -NoProfile -File tests/Pester/run.ps1 -Prepare; then
        skip_suite "Pester" "Pester 5 is not installed, and PSGallery does not answer"
    else
        has_pester=1
        pester "Pester" "$logs/pester.log" "${pwsh[@]}" -NoProfile -File tests/Pester/run.ps1 -ExcludeTag Linux
    fi

    where_linux_runs
    if ((${#linux[@]})); then say "Linux guests run in the lab: this machine's KVM cannot run an unmodified kernel"; fi
    prepare_guest
    PSTOYVMM_TEST_GENERIC=$(tests/Lab/debian-kernel amd64)
    export PSTOYVMM_TEST_KERNEL=$kernel PSTOYVMM_TEST_VMLINUX=$vmlinux PSTOYVMM_TEST_BUSYBOX=$busybox PSTOYVMM_TEST_GENERIC
    xunit "Linux guests" "$logs/linux.log" "${linux[@]}" ${linux:+--timeout 900 --} dotnet vstest tests/Lab/Linux/bin/Release/net10.0/PSToyVmm.Tests.Linux.dll --logger:"console;verbosity=normal"
    if [[ $has_pester ]]; then
        pester "Pester, Linux guests" "$logs/pester-linux.log" "${linux[@]}" ${linux:+--timeout 900 --} "${pwsh[@]}" -NoProfile -File tests/Pester/run.ps1 -Tag Linux
    fi

    printf '\n'
    local reason
    for reason in "${reasons[@]}"; do printf 'skipped: %s\n' "$reason"; done
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    ((failed == 0))
}
