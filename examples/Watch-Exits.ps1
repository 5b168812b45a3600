# What makes a guest leave for its hypervisor, live: exits per second by reason and place. Counting is always on and costs nothing.

<#
.SYNOPSIS
Emits, sample by sample, the exits per second of machines that run.
.EXAMPLE
./examples/Watch-Exits.ps1 web | Format-Table -GroupBy Sample
.EXAMPLE
Get-ToyVm web | ./examples/Watch-Exits.ps1 -Samples 60 | Where-Object Device -eq serial | Export-Csv serial.csv
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)] [string] $Name,
    [double] $Interval = 1,
    [int] $Samples = 10,
    [int] $Top = 8
)
process {
    Set-StrictMode -Version 3.0
    $ErrorActionPreference = 'Stop'

    $vm = Get-ToyVm $Name
    $before = @{}
    $at = [Diagnostics.Stopwatch]::StartNew()
    foreach ($row in $vm | Get-ToyVmExitStats | Where-Object Source -eq Vmm) { $before["$($row.Vcpu) $($row.Reason) $($row.Address)"] = $row.Count }

    foreach ($sample in 1..$Samples) {
        if ($vm.State -ne 'Running') { break }
        Start-Sleep -Milliseconds ($Interval * 1000)
        $seconds = $at.Elapsed.TotalSeconds
        $at.Restart()
        $rows = foreach ($row in $vm | Get-ToyVmExitStats | Where-Object Source -eq Vmm) {
            $key = "$($row.Vcpu) $($row.Reason) $($row.Address)"
            $new = $row.Count - ($before[$key] ?? 0)
            $before[$key] = $row.Count
            if ($new -gt 0) {
                [pscustomobject]@{
                    Sample    = $sample
                    VmName    = $vm.Name
                    Vcpu      = $row.Vcpu
                    Reason    = $row.Reason
                    Address   = $null -eq $row.Address ? '' : '0x{0:x}' -f $row.Address
                    Device    = $row.Device
                    PerSecond = [long]($new / $seconds)
                }
            }
        }
        $rows | Sort-Object PerSecond -Descending | Select-Object -First $Top
    }
}
