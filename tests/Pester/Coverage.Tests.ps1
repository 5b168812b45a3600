# The tests reach everything that users can: each cmdlet, each of its parameters and parameter sets, and each error id. Found in
# the text of the tests, which shows that something is tried and not how well.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $Cmdlets = (Get-Command -Module PSToyVmm).Name | ForEach-Object { @{ Name = $_ } }
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Root = [IO.Path]::GetFullPath("$PSScriptRoot/../..")

    # Calls of our cmdlets: which parameters each is given. Splatted ones are the keys of hash tables in the same file. What
    # comes down a pipeline is for a parameter that takes it so.
    function Get-Call([string] $Path) {
        $tokens = $errors = $null
        $ast = [Management.Automation.Language.Parser]::ParseFile($Path, [ref] $tokens, [ref] $errors)
        $keys = $ast.FindAll({ $args[0] -is [Management.Automation.Language.HashtableAst] }, $true) | ForEach-Object { $_.KeyValuePairs } | ForEach-Object { "$($_.Item1)".Trim('"', "'") }
        $keys = @($keys) + @($ast.FindAll({ $args[0] -is [Management.Automation.Language.AssignmentStatementAst] }, $true).Left |
                Where-Object { $_ -is [Management.Automation.Language.MemberExpressionAst] } | ForEach-Object { "$($_.Member)" })
        # Scripts that run in another process are texts.
        $calls = @($ast.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true))
        foreach ($text in $ast.FindAll({ "$($args[0].GetType().Name)" -in 'StringConstantExpressionAst', 'ExpandableStringExpressionAst' -and $args[0].Value -match '-ToyVm\w* ' }, $true)) {
            $calls += [Management.Automation.Language.Parser]::ParseInput($text.Value, [ref] $tokens, [ref] $errors).FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true)
        }
        foreach ($call in $calls) {
            $command = $Ours[[string] $call.GetCommandName()]
            if (-not $command) { continue }
            # Positions are the binder's to know; a call that it cannot place (or, of several possible sets, throws at) has its names.
            $given = @(
                try { [Management.Automation.Language.StaticParameterBinder]::BindCommand($call, $true).BoundParameters.Keys | Where-Object { $command.Parameters.ContainsKey($_) } }
                catch [ArgumentException] { }
            )
            $given += $call.CommandElements | Where-Object { $_ -is [Management.Automation.Language.CommandParameterAst] } |
                ForEach-Object { $command.ResolveParameter($_.ParameterName).Name }
            if ($call.CommandElements | Where-Object { $_ -is [Management.Automation.Language.VariableExpressionAst] -and $_.Splatted }) {
                $given += $command.Parameters.Keys | Where-Object { $_ -in $keys }
            }
            if ($call.Parent -is [Management.Automation.Language.PipelineAst] -and $call.Parent.PipelineElements[0] -ne $call -and 'Name' -notin $given) {
                $given += 'VM', 'Disk', 'NetworkAdapter' | Where-Object { $command.Parameters.ContainsKey($_) }
            }
            [pscustomobject]@{ Command = $command.Name; Given = @($given | Sort-Object -Unique) }
        }
    }

    $Ours = @{}
    Get-Command -Module PSToyVmm | ForEach-Object { $Ours[$_.Name] = $_ }
    $Calls = Get-ChildItem $PSScriptRoot -Filter *.ps1 | ForEach-Object { Get-Call $_.FullName } | Group-Object Command -AsHashTable -AsString
    $Common = [Management.Automation.Cmdlet]::CommonParameters + [Management.Automation.Cmdlet]::OptionalCommonParameters
}

Describe 'The tests of <Name>' -ForEach $Cmdlets {
    BeforeAll {
        $command = $Ours[$Name]
        $parameters = $command.Parameters.Keys | Where-Object { $_ -notin $Common }
    }

    It 'call it' { $Calls[$Name] | Should -Not -BeNullOrEmpty }

    It 'use every parameter' {
        $parameters | Where-Object { $_ -notin $Calls[$Name].Given } | Should -BeNullOrEmpty
    }

    It 'use every parameter set' {
        foreach ($set in $command.ParameterSets) {
            # What no other set has tells that a call is of this one.
            $others = $command.ParameterSets | Where-Object Name -ne $set.Name | ForEach-Object { $_.Parameters.Name }
            $own = $set.Parameters.Name | Where-Object { $_ -notin $others }
            $Calls[$Name] | Where-Object { -not $own -or @($_.Given | Where-Object { $_ -in $own }) } | Should -Not -BeNullOrEmpty -Because "set $($set.Name) is to be tried"
        }
    }

    It 'try -WhatIf where it has it' {
        if ($command.Parameters.ContainsKey('WhatIf')) { $Calls[$Name] | Where-Object { 'WhatIf' -in $_.Given } | Should -Not -BeNullOrEmpty }
    }
}

Describe 'The tests' {
    It 'meet every error id of docs/errors.md' {
        $ids = Select-String '^\| ([A-Z]\w+) \|' "$Root/docs/errors.md" | ForEach-Object { $_.Matches[0].Groups[1].Value }
        $ids.Count | Should -BeGreaterThan 50
        $tests = @(Get-ChildItem $PSScriptRoot -Filter *.Tests.ps1 | Where-Object Name -ne Coverage.Tests.ps1) + @(Get-ChildItem "$Root/tests/Unit", "$Root/tests/Lab/Linux" -Filter *.cs -Recurse | Where-Object FullName -NotMatch '/(bin|obj)/')
        $words = [Collections.Generic.HashSet[string]]::new([string[]] ($tests | ForEach-Object { [regex]::Matches((Get-Content -Raw -LiteralPath $_.FullName), '\b[A-Z]\w+\b').Value }))
        # Hosts that are no longer made: another system, a KVM of before 2.6.22, a kernel of before 4.20.
        $ids | Where-Object { -not $words.Contains($_) } | Should -Be PlatformNotSupported, KvmVersionUnsupported, KvmCapabilityMissing
    }
}
