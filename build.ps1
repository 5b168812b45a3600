#!/usr/bin/env pwsh

<#
.SYNOPSIS
Builds, tests, shows, measures and packages PSToyVmm, for people who live in pwsh.
.DESCRIPTION
Test, Demo and Bench are ./dev's: they set up a fresh machine first. Build, Package and Clean need the .NET SDK only.
.EXAMPLE
./build.ps1
Builds, so that Import-Module ./PSToyVmm.psd1 works.
.EXAMPLE
./build.ps1 -Task Package
Makes artifacts/PSToyVmm, a module folder with just what ships, and of it PSToyVmm.<version>.zip and PSToyVmm.<version>.nupkg, which
Install-PSResource takes from a repository that is that folder.
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Demo', 'Bench', 'Package', 'Clean')]
    [string[]] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release'
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

function Invoke-Native {
    param([Parameter(Mandatory)] [string] $Command, [string[]] $Argument = @())
    & $Command @Argument
    if ($LASTEXITCODE -ne 0) { throw "$Command $Argument ended with $LASTEXITCODE" }
}

function Invoke-Build { Invoke-Native dotnet 'build', "$PSScriptRoot/PSToyVmm.sln", '-c', $Configuration, '-v', 'quiet' }

function Invoke-Package {
    Invoke-Build
    & "$PSScriptRoot/tools/New-ModulePackage.ps1"
}

function Invoke-Clean {
    foreach ($folder in 'bin', 'artifacts') {
        $path = Join-Path $PSScriptRoot $folder
        if (Test-Path $path) { Remove-Item -LiteralPath $path -Recurse -Force }
    }
    foreach ($project in Get-ChildItem -Path $PSScriptRoot -Recurse -Filter *.csproj) {
        foreach ($folder in 'bin', 'obj') {
            $path = Join-Path $project.Directory.FullName $folder
            if (Test-Path $path) { Remove-Item -LiteralPath $path -Recurse -Force }
        }
    }
}

foreach ($step in $Task) {
    switch ($step) {
        'Build' { Invoke-Build }
        'Test' { Invoke-Native "$PSScriptRoot/dev" 'test' }
        'Demo' { Invoke-Native "$PSScriptRoot/dev" 'demo' }
        'Bench' { Invoke-Native "$PSScriptRoot/dev" 'bench' }
        'Package' { Invoke-Package }
        'Clean' { Invoke-Clean }
    }
}
