# Should operators of Pester 5 about virtual machines; docs/pester.md says how each is used. A module of its own, which PSToyVmm
# does not load, so that PSToyVmm needs no Pester. Importing it brings both.
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

if (-not (Get-Module PSToyVmm)) { Import-Module "$PSScriptRoot/../../PSToyVmm.psd1" -Scope Global }
if (-not (Get-Module Pester)) { Import-Module Pester -MinimumVersion 5.0 -MaximumVersion 5.99 -Scope Global }

$ShownLines = 5

# The machine that an assertion is about. What is none fails the assertion with -Not too: a name with a typo does not run either.
function Resolve-Machine($ActualValue) {
    $value = $ActualValue -is [psobject] ? $ActualValue.PSObject.BaseObject : $ActualValue
    if ($value -is [PSToyVmm.Engine.Machines.VirtualMachine]) { return $value }
    if ($value -is [string]) { return Get-Named $value }
    $found = $null -eq $value ? 'nothing' : "a $(@($ActualValue.PSTypeNames)[0])"
    throw "This Should operator is about virtual machines, as New-ToyVm and Get-ToyVm emit them, or their names; it was given $found."
}

function Get-Named([string] $Name) {
    $machine = Get-ToyVm | Where-Object Name -eq $Name
    if (-not $machine) { throw "There is no virtual machine named '$Name'." }
    $machine
}

# Seconds or a TimeSpan, as the cmdlets' -Timeout takes them.
function ConvertTo-TimeSpan($Value) {
    try { [PSToyVmm.TimeoutArgumentAttribute]::new().Transform($null, $Value) }
    catch { throw "-Within: $($_.Exception.GetBaseException().Message)" }
}

# A regular expression as Wait-ToyVmSerial takes it, with an end to its search in what a guest may have written.
function ConvertTo-Regex([string] $Pattern) {
    try { [regex]::new($Pattern, 'IgnoreCase, Multiline, CultureInvariant', [TimeSpan]::FromSeconds(5)) }
    catch { throw "Should -HaveSerialOutput: $($_.Exception.GetBaseException().Message)" }
}

function Format-Seconds([TimeSpan] $Time) { $Time.TotalSeconds.ToString('0.###', [cultureinfo]::InvariantCulture) + ' s' }

# What a reader of a failed test wants to know of a machine. Reads beside Receive- and Wait-ToyVmSerial, whose places stay.
function Get-Account($Machine) {
    "State: $($Machine.State). Status: $($Machine.Status)"
    if ("$($Machine.StopReason)" -ne 'None') { "StopReason: $($Machine.StopReason)." }
    foreach ($console in $Machine.Consoles) {
        $match = $null
        $from = [Math]::Max($console.Log.RunStart, $console.Log.End - 8KB)
        $null = [PSToyVmm.Engine.Consoles.SerialExpect]::Wait($console.Log, [regex] '(?s)\A.*\z', $from, [TimeSpan]::Zero, [Threading.CancellationToken]::None, [ref] $match)
        $text = $match.Value -replace '\e(\[[0-?]*[ -/]*[@-~]|.)', '' -replace '[\x00-\x08\x0b-\x1f\x7f]', ''
        if (-not $text.Trim()) { "Its console $($console.Port) is empty."; continue }
        "The last lines of its console $($console.Port):"
        $text.TrimEnd("`n") -split "`n" | Select-Object -Last $ShownLines | ForEach-Object { "    $_" }
    }
}

function New-Result([bool] $Is, [switch] $Negate, [string] $Expected, [string] $But, [string] $Because, $Machine) {
    $succeeded = $Is -ne $Negate
    $reason = $Because ? " because $($Because -replace '^because\s+', '')," : ''
    [pscustomobject]@{
        Succeeded      = $succeeded
        FailureMessage = $succeeded ? '' : ((@("Expected '$($Machine.Name)' $Expected,$reason but $But") + @(Get-Account $Machine)) -join "`n")
    }
}

# Should -BeRunningToyVm
function Test-RunningToyVm($ActualValue, [switch] $Negate, [string] $Because) {
    $machine = Resolve-Machine $ActualValue
    $runs = $machine.State -eq 'Running'
    New-Result $runs -Negate:$Negate -Expected ($Negate ? 'not to be running' : 'to be running') -But ($runs ? 'it is.' : 'it is not.') -Because $Because -Machine $machine
}

# Looks on every console of the machine, once or until the time is over, a fifth of a second at a time: so Ctrl+C ends it.
function Find-SerialOutput($Machine, [regex] $Pattern, [TimeSpan] $Within) {
    $clock = [Diagnostics.Stopwatch]::StartNew()
    do {
        $left = $Within - $clock.Elapsed
        $slice = [TimeSpan]::FromMilliseconds([Math]::Clamp($left.TotalMilliseconds, 0.0, 200.0) / $Machine.Consoles.Count)
        $ended = $true
        foreach ($console in $Machine.Consoles) {
            $match = $null
            $outcome = [PSToyVmm.Engine.Consoles.SerialExpect]::Wait($console.Log, $Pattern, $console.Log.RunStart, $slice, [Threading.CancellationToken]::None, [ref] $match)
            if ($match) { return $match }
            if ($outcome -ne 'Ended') { $ended = $false }
        }
    } while (-not $ended -and $left -gt [TimeSpan]::Zero)
}

# Should -HaveSerialOutput PATTERN [-Within SECONDS]
function Test-SerialOutput($ActualValue, [string] $Pattern, $Within = 0, [switch] $Negate, [string] $Because) {
    if (-not $Pattern) { throw 'Should -HaveSerialOutput needs a pattern: a regular expression, as -match takes them.' }
    $machine = Resolve-Machine $ActualValue
    $limit = ConvertTo-TimeSpan $Within
    $match = Find-SerialOutput $machine (ConvertTo-Regex $Pattern) $limit
    $time = $limit -gt [TimeSpan]::Zero ? " within $(Format-Seconds $limit)" : ''
    New-Result ($null -ne $match) -Negate:$Negate -Expected ($Negate ? "not to write '$Pattern' to a console$time" : "to write '$Pattern' to a console$time") `
        -But ($match ? "it wrote '$($match.Value.Trim())'." : 'it did not.') -Because $Because -Machine $machine
}

# When init was reached: the first login prompt, or the marker that a guest's init writes to port 0x700 (Firecracker's is 123 too).
function Get-BootMoment($Machine) {
    $Machine.BootTimeline | Where-Object Name -in 'login-prompt', 'marker-0x7b' | Select-Object -First 1
}

# The machine's time, counted from its start as the timeline counts.
function Get-Age($Machine) {
    $entry = $Machine.BootTimeline | Where-Object Name -eq 'first-entry'
    $Machine.Uptime + ($entry ? $entry.At : [TimeSpan]::Zero)
}

# Should -HaveBooted [-Within SECONDS]. Without -Within it is waited for until a minute after the start; with -Not, not at all.
function Test-Booted($ActualValue, $Within, [switch] $Negate, [string] $Because) {
    $machine = Resolve-Machine $ActualValue
    $limit = $PSBoundParameters.ContainsKey('Within') ? (ConvertTo-TimeSpan $Within) : $null
    $patience = $limit ?? ($Negate ? [TimeSpan]::Zero : [TimeSpan]::FromMinutes(1))
    $age = Get-Age $machine                                              # not again: that of a guest that resets all the time stays small
    $clock = [Diagnostics.Stopwatch]::StartNew()
    do {
        $over = "$($machine.State)" -in 'Off', 'Faulted' -or $age + $clock.Elapsed -ge $patience    # before the look: what came by then is seen
        $moment = Get-BootMoment $machine
        if (-not $moment -and -not $over) { Start-Sleep -Milliseconds 20 }
    } until ($moment -or $over)

    $booted = $moment -and ($null -eq $limit -or $moment.At -le $limit)
    $time = $null -eq $limit ? '' : " within $(Format-Seconds $limit)"
    $but = if ($moment) { "it did after $(Format-Seconds $moment.At) ($($moment.Name))." }
    elseif (-not $machine.BootTimeline) { 'it was never started.' }
    else { "$(Format-Seconds (Get-Age $machine)) after its start there was no login prompt on its serial console, and no byte 0x7b on port 0x700." }
    New-Result $booted -Negate:$Negate -Expected ($Negate ? "not to have booted$time" : "to have booted$time") -But $but -Because $Because -Machine $machine
}

Pester\Add-ShouldOperator -Name BeRunningToyVm -InternalName Test-RunningToyVm -Test ${function:Test-RunningToyVm}
Pester\Add-ShouldOperator -Name HaveSerialOutput -InternalName Test-SerialOutput -Test ${function:Test-SerialOutput}
Pester\Add-ShouldOperator -Name HaveBooted -InternalName Test-Booted -Test ${function:Test-Booted}
