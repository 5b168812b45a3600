# What every test file needs. Dot-source it in BeforeDiscovery (for Test-KvmUsable) and in BeforeAll.
# The tests run against the built module of this checkout, in a fresh pwsh -NoProfile.
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

Import-Module ([IO.Path]::GetFullPath("$PSScriptRoot/../../PSToyVmm.psd1"))

# Most guests here end by a reset, and their tests wait for that end.
$PSDefaultParameterValues['New-ToyVm:RebootAction'] = 'Stop'

# Whether tiny guests run here.
function Test-KvmUsable {
    try { [IO.File]::Open('/dev/kvm', 'Open', 'ReadWrite').Dispose(); $true }
    catch { $false }
}

# Writes a 64-bit ELF kernel of a few instructions, and returns its path. It prints -Text to the serial port, and then:
#   Reset    resets the machine by the i8042              Halt   halts for ever, interrupts off
#   Spin     runs for ever without an exit                Fault  executes ud2 without an interrupt table
#   Echo     prints what it reads; Ctrl+D resets          Obey   resets when a key is pressed on the keyboard
#   Ignore   has a keyboard and does not look at it
# or executes the -Code given.
function New-TinyKernel {
    param(
        [string] $Text = '',
        [ValidateSet('Reset', 'Halt', 'Spin', 'Fault', 'Echo', 'Obey', 'Ignore')] [string] $Then = 'Reset',
        [byte[]] $Code,
        [string] $Path = (Join-Path $TestDrive "kernel-$([guid]::NewGuid().ToString('N'))")
    )
    $keyboard = 0xb0, 0x60, 0xe6, 0x64, 0xb0, 0x01, 0xe6, 0x60      # write the controller's command byte: interrupt 1 on, keyboard on
    $reset = 0xb0, 0xfe, 0xe6, 0x64, 0xf4, 0xeb, 0xfd                # mov al, 0xfe; out 0x64, al; hlt; jmp hlt
    $ending = switch ($Then) {
        'Reset' { $reset }
        'Halt' { 0xf4, 0xeb, 0xfd }                                  # hlt; jmp hlt
        'Spin' { 0xeb, 0xfe }                                        # jmp self
        'Ignore' { $keyboard + 0xf4, 0xeb, 0xfd }
        'Fault' { 0x0f, 0x0b }                                       # ud2
        'Echo' {
            0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xfb     # wait: mov dx, 0x3fd; poll: in al, dx; test al, 1; jz poll
            0x66, 0xba, 0xf8, 0x03, 0xec, 0x3c, 0x04, 0x74, 0x03     # mov dx, 0x3f8; in al, dx; cmp al, 4; je reset
            0xee, 0xeb, 0xeb                                         # out dx, al; jmp wait
            $reset
        }
        'Obey' {
            $keyboard
            0xe4, 0x64, 0xa8, 0x01, 0x74, 0xfa, 0xe4, 0x60           # poll: in al, 0x64; test al, 1; jz poll; in al, 0x60
            $reset
        }
    }
    [byte[]] $print = 0x66, 0xba, 0xf8, 0x03                         # mov dx, 0x3f8
    foreach ($byte in [Text.Encoding]::UTF8.GetBytes($Text)) { $print += 0xb0, $byte, 0xee }    # mov al, byte; out dx, al
    [byte[]] $program = $Code ? $Code : $print + $ending
    $base = 0x1000000                                                # 16 MiB, where Linux has its kernel
    $elf = [IO.BinaryWriter]::new([IO.File]::Create($Path))
    try {
        $elf.Write([byte[]](0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        foreach ($half in 2, 62) { $elf.Write([uint16] $half) }                          # executable, x86-64
        $elf.Write([uint32] 1)
        foreach ($word in $base, 64, 0) { $elf.Write([uint64] $word) }                   # entry, program headers, sections
        $elf.Write([uint32] 0)
        foreach ($half in 64, 56, 1, 64, 0, 0) { $elf.Write([uint16] $half) }
        foreach ($half in 1, 7) { $elf.Write([uint32] $half) }                           # PT_LOAD, rwx
        foreach ($word in 0x1000, $base, $base, $program.Length, $program.Length, 0x1000) { $elf.Write([uint64] $word) }
        $elf.Write([byte[]]::new(0x1000 - $elf.BaseStream.Position))
        $elf.Write($program)
    }
    finally { $elf.Dispose() }
    $Path
}

# A kernel with a driver of the virtio console, its machine's only virtio device: writes hello to it, and then what it reads
# there; Ctrl+D resets.
function New-ConsoleKernel {
    $device, $data = 3328MB, 0x1001000                               # registers; behind the code: rings of one buffer each, and the buffer
    $table, $available, $used, $buffer = 0, 0x20, 0x40, ($data + 0x1000)
    $at = { param($Address) 0xbb; [BitConverter]::GetBytes([uint32] $Address) }              # mov ebx, address
    $store = { param($Address, $Value) & $at $Address; 0xc7, 0x03; [BitConverter]::GetBytes([uint32] $Value) }    # mov dword [rbx], value
    $register = { param($Register, $Value) & $store ($device + $Register) $Value }
    $ring = { param($Queue) $data + 0x100 * $Queue }
    # Offers the buffer, and waits until it comes back.
    $exchange = {
        param($Queue)
        & $at ((& $ring $Queue) + $available + 2); 0x66, 0xff, 0x03  # inc word [rbx]
        & $register 0x50 $Queue
        & $at ((& $ring $Queue) + $available + 2); 0x66, 0x8b, 0x03  # poll: mov ax, [rbx]
        & $at ((& $ring $Queue) + $used + 2); 0x66, 0x3b, 0x03, 0x75, 0xee    # cmp ax, [rbx]; jne poll
    }
    [byte[]] $start = @(
        & $register 0x70 1; & $register 0x70 3
        & $register 0x24 1; & $register 0x20 1                       # VIRTIO_F_VERSION_1
        & $register 0x24 0; & $register 0x20 1                       # VIRTIO_CONSOLE_F_SIZE
        & $register 0x70 11
        foreach ($queue in 0, 1) {
            & $register 0x30 $queue; & $register 0x38 1
            & $register 0x80 ((& $ring $queue) + $table); & $register 0x90 ((& $ring $queue) + $available); & $register 0xa0 ((& $ring $queue) + $used)
            & $register 0x44 1
            & $store ((& $ring $queue) + $table) $buffer
            & $store ((& $ring $queue) + $table + 8) 64
            & $store ((& $ring $queue) + $table + 12) (2 * (1 - $queue))       # the first queue's is for the device to write
        }
        & $register 0x70 15
        & $store $buffer 0x6c6c6568; & $store ($buffer + 4) 0x0a0d6f # "hello\r\n"
        & $store ((& $ring 1) + $table + 8) 7
    )
    [byte[]] $write = & $exchange 1
    [byte[]] $read = @(
        & $exchange 0
        & $at $buffer; 0x80, 0x3b, 0x04, 0x74, 0x13                  # cmp byte [rbx], 4; je reset
        & $at ((& $ring 0) + $used + 8); 0x8b, 0x03                  # mov eax, [rbx]: as many as were read
        & $at ((& $ring 1) + $table + 8); 0x89, 0x03                 # mov [rbx], eax
    )
    [byte[]] $again = @(0xe9; [BitConverter]::GetBytes(-($write.Length + $read.Length + 5)))    # jmp write
    [byte[]] $reset = 0xb0, 0xfe, 0xe6, 0x64, 0xf4, 0xeb, 0xfd       # mov al, 0xfe; out 0x64, al; hlt; jmp hlt
    New-TinyKernel -Code ($start + $write + $read + $again + $reset)
}

# Writes a flat Multiboot kernel, and returns its path. It prints its command line and the text of its first module, if any,
# and resets.
function New-MultibootKernel {
    param([string] $Path = (Join-Path $TestDrive 'kernel.bin'))
    [byte[]] $print = 0x66, 0xba, 0xf8, 0x03, 0xac, 0x84, 0xc0, 0x74, 0x03, 0xee, 0xeb, 0xf8, 0xc3   # mov dx, 0x3f8; next: lodsb; test al, al; jz done; out dx, al; jmp next; done: ret
    [byte[]] $code = 0x8b, 0x73, 0x10, 0xe8, 0x17, 0, 0, 0           # mov esi, [ebx + 16]; call print
    $code += 0xb0, 0x7c, 0xee                                        # mov al, '|'; out dx, al
    $code += 0xf6, 0x03, 0x08, 0x74, 0x0b                            # test byte [ebx], 8; jz end
    $code += 0x8b, 0x7b, 0x18, 0x8b, 0x77, 0x08, 0xe8, 0x04, 0, 0, 0 # mov edi, [ebx + 24]; mov esi, [edi + 8]; call print
    $code += 0xb0, 0xfe, 0xe6, 0x64                                  # end: mov al, 0xfe; out 0x64, al
    $code += $print
    $base = 0x100000
    $writer = [IO.BinaryWriter]::new([IO.File]::Create($Path))
    try {
        foreach ($word in 0x1badb002, 0x10003, (0x100000000 - 0x1badb002 - 0x10003), $base, $base, 0, 0, ($base + 32)) { $writer.Write([uint32] $word) }
        $writer.Write($code)
    }
    finally { $writer.Dispose() }
    $Path
}

# A machine with a tiny kernel, started.
function Start-TestVm {
    param([string] $Name = '', [string] $Text = '', [string] $Then = 'Halt')
    New-ToyVm -Kernel (New-TinyKernel -Text $Text -Then $Then) -Memory 64MB -Name $Name | Start-ToyVm -PassThru
}

# Every error of a script block, terminating or not; nothing else of its output.
function Get-FailureOf {
    param([scriptblock] $Action)
    $ErrorActionPreference = 'Continue'
    try { & $Action 2>&1 3>$null | Where-Object { $_ -is [Management.Automation.ErrorRecord] } }
    catch { $_ }
}

# What a user sees of objects: the lines of their default view, without colours.
function Get-Rendering {
    param([Parameter(ValueFromPipeline)] $InputObject)
    ($input | Out-String -Width 200) -replace '\e\[[\d;]*m', '' -split '\r?\n' | ForEach-Object TrimEnd | Where-Object { $_ }
}

# The texts that tab completion offers at the end of a line.
function Get-Completion {
    param([string] $Line)
    (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText
}

# Runs a script in a runspace of its own, presses Ctrl+C once it has run for a while, and returns the state it ended in.
function Stop-Midway {
    param([scriptblock] $Script, [object[]] $Argument = @(), [int] $Milliseconds = 1000)
    $shell = [powershell]::Create().AddScript("$Script".Insert($Script.Ast.ParamBlock ? $Script.Ast.ParamBlock.Extent.EndOffset - $Script.Ast.Extent.StartOffset : 0, "`nImport-Module '$PSScriptRoot/../../PSToyVmm.psd1'`n"))
    foreach ($value in $Argument) { $null = $shell.AddArgument($value) }
    try {
        $running = $shell.BeginInvoke()
        if ($running.AsyncWaitHandle.WaitOne($Milliseconds)) { return "ended by itself: $($shell.Streams.Error)" }
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $shell.Stop()
        [pscustomobject]@{ State = $shell.InvocationStateInfo.State; Took = $clock.Elapsed }
    }
    finally { $shell.Dispose() }
}
