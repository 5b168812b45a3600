# The PowerShell of this repository keeps to the same rules everywhere.
BeforeDiscovery {
    $root = [IO.Path]::GetFullPath("$PSScriptRoot/../..")
    $scripts = Get-ChildItem $root -Recurse -File -Include *.ps1, *.psm1, *.psd1 | Where-Object FullName -NotMatch '/(bin|obj|artifacts)/' |
        ForEach-Object { @{ Path = $_.FullName; Name = [IO.Path]::GetRelativePath($root, $_.FullName) } }
}

Describe '<Name>' -ForEach $scripts {
    BeforeAll {
        $tokens = $errors = $null
        $ast = [Management.Automation.Language.Parser]::ParseFile($Path, [ref] $tokens, [ref] $errors)
        $names = $ast.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true) | ForEach-Object { $_.GetCommandName() } | Where-Object { $_ }
        $functions = $ast.FindAll({ $args[0] -is [Management.Automation.Language.FunctionDefinitionAst] }, $true)
    }

    It 'has no syntax error' { $errors | Should -BeNullOrEmpty }
    It 'uses no alias' { $names | Where-Object { Test-Path "Alias:/$_" } | Should -BeNullOrEmpty }
    It 'has functions with approved verbs' {
        $functions | ForEach-Object Name | Where-Object { ($_ -split '-')[0] -notin (Get-Verb).Verb } | Should -BeNullOrEmpty
    }
    It 'is strict, or takes its strictness from common.ps1' {
        if ($Name -like '*.psd1') { return }    # data runs nothing
        $ast.Extent.Text | Should -Match 'Set-StrictMode -Version|\. "\$PSScriptRoot/common\.ps1"'
    }
}
