# Every word of help is there, is true of the cmdlets as built, and is found by Get-Help.
BeforeDiscovery {
    . "$PSScriptRoot/common.ps1"
    $Topics = (Get-ChildItem "$PSScriptRoot/../../en-US" -Filter *.help.txt).Name.Replace('.help.txt', '')
    $Names = (Get-Command -Module PSToyVmm).Name | ForEach-Object { @{ Name = $_ } }
}

BeforeAll {
    . "$PSScriptRoot/common.ps1"
    $Root = [IO.Path]::GetFullPath("$PSScriptRoot/../..")
    $Topics = (Get-ChildItem "$Root/en-US" -Filter *.help.txt).Name.Replace('.help.txt', '')
    $KnownIds = Select-String '^\| ([A-Z]\w+) \|' "$Root/docs/errors.md" | ForEach-Object { $_.Matches[0].Groups[1].Value }

    function Get-Prose($Paragraph) { ($Paragraph | ForEach-Object Text) -join "`n" }

    # What keeps the commands of an example from running: errors of syntax, and parameters that do not exist or go together.
    function Get-Misuse([string] $Code) {
        $tokens = $errors = $null
        $ast = [Management.Automation.Language.Parser]::ParseInput($Code, [ref] $tokens, [ref] $errors)
        $errors | ForEach-Object Message
        foreach ($command in $ast.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true)) {
            $binding = [Management.Automation.Language.StaticParameterBinder]::BindCommand($command, $true)
            $binding.BindingExceptions.Values | ForEach-Object { "$command`: $($_.BindingException.Message)" }
            if (-not (Get-Command $command.GetCommandName() -ErrorAction Ignore)) { "$command`: there is no such command" }
        }
    }
}

Describe 'Help of <Name>' -ForEach $Names {
    BeforeAll {
        $help = Get-Help $Name -Full
        $command = Get-Command $Name
        $parameters = $command.Parameters.Keys | Where-Object { $_ -notin [Management.Automation.Cmdlet]::CommonParameters } | Sort-Object
        $markdown = Get-Content -LiteralPath "$Root/docs/cmdlets/$Name.md" -Raw
        $codes = [regex]::Matches($markdown, '(?s)```powershell\n(.*?)```').ForEach{ $_.Groups[1].Value }
    }

    It 'has a synopsis and a description' {
        $help.Synopsis | Should -Match '^[A-Z].*\.$'
        $help.Synopsis.Length | Should -BeLessThan 120
        (Get-Prose $help.description).Length | Should -BeGreaterThan $help.Synopsis.Length
    }

    It 'shows every parameter set' {
        @($help.syntax.syntaxItem).Count | Should -Be $command.ParameterSets.Count
        foreach ($set in $command.ParameterSets) {
            $expected = $set.Parameters.Name | Where-Object { $_ -in $parameters } | Sort-Object
            $help.syntax.syntaxItem | Where-Object { ($_.parameter.name | Sort-Object) -join ' ' -ceq $expected -join ' ' } | Should -Not -BeNullOrEmpty -Because $set.Name
        }
    }

    It 'describes every parameter' {
        $help.parameters.parameter.name | Sort-Object | Should -Be $parameters
        foreach ($parameter in $help.parameters.parameter) {
            Get-Prose $parameter.description | Should -Match '^[A-Z].*\.' -Because $parameter.name
            $parameter.defaultValue | Should -Not -BeNullOrEmpty -Because $parameter.name
        }
        (Get-Help $Name -Parameter *).name | Sort-Object | Should -Be $parameters
    }

    It 'has at least two examples, each with an explanation' {
        @($help.examples.example).Count | Should -BeGreaterOrEqual 2
        foreach ($example in $help.examples.example) {
            $example.code | Should -Match 'ToyVm' -Because $example.title
            Get-Prose $example.remarks | Should -Match '\.$' -Because $example.title
        }
    }

    It 'has examples that PowerShell can bind' {
        $codes | Should -HaveCount @($help.examples.example).Count
        foreach ($code in $codes) { Get-Misuse $code | Should -BeNullOrEmpty -Because $code }
    }

    It 'names inputs and outputs as the cmdlet declares them' {
        $help.inputTypes.inputType.type.name | Should -Not -BeNullOrEmpty
        $declared = $command.OutputType | ForEach-Object Name | Sort-Object
        $help.returnValues.returnValue.type.name | Sort-Object | Should -Be ($declared ? $declared : 'None')
    }

    It 'names only error ids that docs/errors.md explains' {
        $notes = [regex]::Match($markdown, '(?s)## NOTES\n(.*?)\n## ').Groups[1].Value
        $ids = [regex]::Matches($notes, '`([A-Z][a-z]\w+)`').ForEach{ $_.Groups[1].Value } | Where-Object { $_ -cnotin 'LinuxNotRunnable', 'Status' }
        $ids | Should -Not -BeNullOrEmpty
        $ids | Where-Object { $_ -cnotin $KnownIds } | Should -BeNullOrEmpty
    }

    It 'links to cmdlets and topics that there are' {
        $there = @($command.Module.ExportedCmdlets.Keys) + (Get-ChildItem "$Root/en-US" -Filter *.help.txt).Name.Replace('.help.txt', '')
        $help.relatedLinks.navigationLink.linkText | ForEach-Object { $_ | Should -BeIn $there }
        [regex]::Matches($markdown, '\]\(([^)]+)\)').ForEach{ "$Root/docs/cmdlets/$($_.Groups[1].Value)" } | Should -Exist
    }
}

Describe 'Help' {
    It 'has a page for every cmdlet, and no other' {
        (Get-ChildItem "$Root/docs/cmdlets" -Filter *.md).BaseName | Sort-Object | Should -Be ((Get-Command -Module PSToyVmm).Name | Sort-Object)
    }

    It 'is what tools/New-HelpXml.ps1 makes of the pages and the module now' {
        $fresh = Join-Path $TestDrive help.xml
        & "$Root/tools/New-HelpXml.ps1" -Path $fresh
        (Get-FileHash "$Root/en-US/PSToyVmm.dll-Help.xml").Hash | Should -Be (Get-FileHash $fresh).Hash -Because 'after a change of a cmdlet or a page, run tools/New-HelpXml.ps1 and commit'
    }

    It 'finds the topic <_>, which is 80 columns wide and names only commands and topics that there are' -ForEach $Topics {
        $topic = Get-Content -LiteralPath "$Root/en-US/$_.help.txt"
        Get-Help $_ | Out-String | Should -Match "(?m)^\s+$_\s*$"
        $topic | Where-Object Length -GT 80 | Should -BeNullOrEmpty
        [regex]::Matches($topic, '\b[A-Z][a-z]+-ToyVm\w*').Value | Sort-Object -Unique | ForEach-Object { Get-Command $_ | Should -Not -BeNullOrEmpty -Because $_ }
        $also = $topic[($topic.IndexOf('SEE ALSO') + 1)..($topic.Count - 1)].Trim()
        $also | Where-Object { $_ -notin $Topics -and -not (Get-Command $_ -ErrorAction Ignore) } | Should -BeNullOrEmpty
    }

    It 'has the troubleshooting topic that tools/New-TroubleshootingTopic.ps1 makes of docs now, with every error id' {
        $fresh = Join-Path $TestDrive topic.txt
        & "$Root/tools/New-TroubleshootingTopic.ps1" -Path $fresh
        Get-Content -LiteralPath "$Root/en-US/about_PSToyVmm_Troubleshooting.help.txt" -Raw | Should -BeExactly (Get-Content -LiteralPath $fresh -Raw) -Because 'after a change of docs/errors.md run it and commit'
        $KnownIds | Where-Object { $_ -cne 'Id' } | ForEach-Object { Get-Content -LiteralPath $fresh | Should -Contain "    $_" }
    }

    It 'explains every state and stop reason in the topic' {
        $topic = Get-Help about_PSToyVmm | Out-String
        [enum]::GetNames([PSToyVmm.Engine.Machines.MachineState]) + [enum]::GetNames([PSToyVmm.Engine.Machines.StopReason]) |
            ForEach-Object { $topic | Should -MatchExactly "\b$_\b" }
    }

    It 'ships with the module' {
        $files = (Import-PowerShellDataFile "$Root/PSToyVmm.psd1").FileList | Where-Object { $_ -like 'en-US/*' }
        $files | Should -HaveCount (Get-ChildItem "$Root/en-US").Count
        $files | ForEach-Object { "$Root/$_" | Should -Exist }
    }
}

Describe 'docs/hyper-v.md' {
    BeforeDiscovery {
        # A row is a cmdlet of Hyper-V's, or, below it, parameters; what stands in its second column is ours.
        $command = $null
        $Rows = foreach ($line in Get-Content -LiteralPath "$PSScriptRoot/../../docs/hyper-v.md") {
            if ($line -notmatch '^\| (?<theirs>[^|]+) \|(?<ours>[^|]*)\| (?<word>\w+)') { continue }
            $row = @{ Theirs = $Matches.theirs; Word = $Matches.word; Ours = [regex]::Matches($Matches.ours, '`([^`]+)`').ForEach{ $_.Groups[1].Value } }
            if ($row.Theirs -match '^`') { $row.Command = $command } else { $command = $row.Ours -match '^\w+-ToyVm' | Select-Object -First 1 }
            $row
        }
        $Rows = @($Rows | Where-Object { $_.Ours })
    }

    It 'names cmdlets and parameters that there are: <Theirs>' -ForEach $Rows {
        foreach ($name in $Ours) {
            $words = $name -split ' '
            $parameters = @($words | Where-Object { $_ -like '-*' }) -replace ':.*'
            $ours = $words[0] -like '-*' ? $Command : $words[0]
            if (-not $ours) { continue }    # the table of what most cmdlets have
            $parameters | Where-Object { $_ } | ForEach-Object { (Get-Command $ours).ResolveParameter($_.TrimStart('-')) | Should -Not -BeNullOrEmpty }
            Get-Command $ours | Should -Not -BeNullOrEmpty
        }
    }

    It 'says of each row whether it is the same, different or absent' {
        $lines = Get-Content -LiteralPath "$PSScriptRoot/../../docs/hyper-v.md" | Where-Object { $_ -match '^\| (\*\*|`)' }
        $lines.Count | Should -BeGreaterThan 80
        $lines | Where-Object { $_ -notmatch '\| (same|different|absent)[^|]*\|$' } | Should -BeNullOrEmpty
    }

    It 'has every cmdlet of ours' {
        $text = Get-Content -Raw -LiteralPath "$PSScriptRoot/../../docs/hyper-v.md"
        (Get-Command -Module PSToyVmm).Name | Where-Object { $text -notmatch "\b$_\b" } | Should -BeNullOrEmpty
    }
}
