# shellcheck shell=bash
# A Debian kernel and a busybox, booted; its console for a person, a short conversation for a pipe. Sourced by ./dev.

# The guest: the distribution's kernel, unmodified, and its static busybox.
prepare_guest() {
    kernel=$(tests/Lab/debian-kernel cloud-amd64)
    vmlinux=$(tests/Lab/debian-kernel --vmlinux cloud-amd64)
    busybox=$(tests/Lab/debian-busybox)
}

demo() {
    find_pwsh
    where_linux_runs
    prepare_guest
    local -a place=("${linux[@]}") front
    local tty='' initrd=artifacts/demo/initrd.img
    [[ -t 0 && -t 1 ]] && tty=1
    mkdir -p artifacts/demo

    if ((${#pwsh[@]})); then
        say "through the module, in pwsh"
        front=("${pwsh[@]}" -NoLogo -NoProfile -File samples/Demo/Demo.ps1 -Kernel "$kernel" -Busybox "$busybox")
        [[ $tty ]] || front+=(-Unattended)
    else
        helper make-initrd "$busybox" "$initrd"
        if [[ $tty ]]; then
            say "through samples/SerialConsole: $no_pwsh"
            front=(dotnet samples/SerialConsole/bin/Release/net10.0/SerialConsole.dll --kernel "$kernel" --initrd "$initrd" --append quiet)
        else
            say "through samples/Demo: $no_pwsh"
            front=(dotnet samples/Demo/bin/Release/net10.0/PSToyVmm.Demo.dll converse "$kernel" "$initrd")
        fi
    fi

    if ((${#place[@]})); then
        say "in the lab: this machine's KVM cannot run an unmodified Linux kernel"
        [[ $tty ]] && place+=(--tty)
        place+=(--)
    fi
    if [[ $tty ]]; then
        say "log in as root, password root; poweroff ends it, Ctrl+] detaches"
        "${place[@]}" "${front[@]}"
    else
        "${place[@]}" "${front[@]}" </dev/null
    fi
}
