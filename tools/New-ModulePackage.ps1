<#
.SYNOPSIS
Makes the module folder, with just what ships, and a package of it that Install-PSResource takes from a repository.
.DESCRIPTION
Packs what is built; ./build.ps1 -Task Package builds first. The packaged manifest has the release notes of its version, from
CHANGELOG.md. The package is what NuGet's Open Packaging Conventions ask for: the module's files at the root, a .nuspec with the tags by which
repositories know a module and its commands, and the two parts that name it.
.EXAMPLE
./tools/New-ModulePackage.ps1
.EXAMPLE
Register-PSResourceRepository local ./artifacts -Trusted; Install-PSResource PSToyVmm -Repository local
#>
[CmdletBinding()]
param(
    [string] $OutputPath = "$PSScriptRoot/../artifacts"
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$root = [IO.Path]::GetFullPath("$PSScriptRoot/..")
$output = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($OutputPath)
$manifest = Import-PowerShellDataFile -LiteralPath "$root/PSToyVmm.psd1"
$version = $manifest.ModuleVersion

# The section of one version, without its heading.
function Get-ReleaseNote([string] $Version) {
    $section = [regex]::Match((Get-Content -LiteralPath "$root/CHANGELOG.md" -Raw), "(?ms)^## \[$([regex]::Escape($Version))\][^\n]*\n(.*?)(?=^## |\z)")
    if (-not $section.Success) { throw "CHANGELOG.md has no section [$Version]: write what is new in this version." }
    $section.Groups[1].Value.Trim()
}

# The module folder is emptied first: so it has to be empty, or what a packaging made, which has nothing but what its own manifest lists.
function Assert-Replaceable([string] $Folder) {
    if ("$([IO.Path]::TrimEndingDirectorySeparator($root))/".StartsWith("$([IO.Path]::GetFullPath($Folder))/")) { throw "'$Folder' is this repository, or has it inside. Give another -OutputPath." }
    if (-not (Test-Path -LiteralPath $Folder)) { return }
    if (-not (Test-Path -LiteralPath $Folder -PathType Container)) { throw "'$Folder' is no folder. Give another -OutputPath." }
    $there = [IO.Directory]::GetFiles($Folder, '*', 'AllDirectories') | ForEach-Object { [IO.Path]::GetRelativePath($Folder, $_).Replace('\', '/') }
    if (-not $there) { return }
    $listed = try { (Import-PowerShellDataFile -LiteralPath "$Folder/PSToyVmm.psd1").FileList } catch { @() }
    $strange = @($there | Where-Object { $_ -notin $listed })
    if ($strange) { throw "'$Folder' has what no packaging made, such as '$($strange[0])'. Empty it, or give another -OutputPath." }
}

function Copy-ShippedFile([string] $Folder) {
    Assert-Replaceable $Folder
    if (Test-Path -LiteralPath $Folder) { Remove-Item -LiteralPath $Folder -Recurse -Force }
    foreach ($file in $manifest.FileList) {
        $target = Join-Path $Folder $file
        $null = New-Item -ItemType Directory -Force (Split-Path $target)
        Copy-Item -LiteralPath (Join-Path $root $file) -Destination $target
    }
}

# In a here-string, as it is data: only a line that begins with '@ would end it.
function Set-ReleaseNote([string] $Path, [string] $Notes) {
    $text = Get-Content -LiteralPath $Path -Raw
    $line = [regex]'(?m)^(\s*ReleaseNotes\s*=\s*)''[^'']*'''
    if (-not $line.IsMatch($text)) { throw "'$Path' has no line ReleaseNotes = '...'." }
    $quoted = "@'`n$($Notes -replace "(?m)^'@", " '@")`n'@"
    Set-Content -LiteralPath $Path -NoNewline $line.Replace($text, [Text.RegularExpressions.MatchEvaluator] { $args[0].Groups[1].Value + $quoted }, 1)
}

function Get-Nuspec([string] $Notes) {
    $commands = $manifest.CmdletsToExport
    $tags = @($manifest.PrivateData.PSData.Tags) + 'PSModule', 'PSIncludes_Cmdlet' + @($commands | ForEach-Object { "PSCmdlet_$_"; "PSCommand_$_" })
    $escape = { [Security.SecurityElement]::Escape($args[0]) }
    @"
<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2011/08/nuspec.xsd">
  <metadata>
    <id>PSToyVmm</id>
    <version>$version</version>
    <authors>$(& $escape $manifest.Author)</authors>
    <owners>$(& $escape $manifest.CompanyName)</owners>
    <requireLicenseAcceptance>false</requireLicenseAcceptance>
    <description>$(& $escape $manifest.Description)</description>
    <releaseNotes>$(& $escape $Notes)</releaseNotes>
    <copyright>$(& $escape $manifest.Copyright)</copyright>
    <tags>$(& $escape ($tags -join ' '))</tags>
  </metadata>
</package>
"@
}

# What makes a zip file a package (ECMA-376-2, Open Packaging Conventions): the types of its parts, and which part it is about.
function Get-ContentType([string[]] $File) {
    $extensions = @('rels', 'nuspec') + @($File | ForEach-Object { [IO.Path]::GetExtension($_).TrimStart('.') }) | Where-Object { $_ } | Sort-Object -Unique
    $bare = $File | Where-Object { -not [IO.Path]::GetExtension($_) }
    @(
        '<?xml version="1.0" encoding="utf-8"?>'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        foreach ($extension in $extensions) {
            $type = $extension -eq 'rels' ? 'application/vnd.openxmlformats-package.relationships+xml' : 'application/octet'
            "  <Default Extension=""$extension"" ContentType=""$type"" />"
        }
        foreach ($name in $bare) { "  <Override PartName=""/$name"" ContentType=""application/octet"" />" }
        '</Types>'
    ) -join "`n"
}

$relations = @'
<?xml version="1.0" encoding="utf-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
  <Relationship Type="http://schemas.microsoft.com/packaging/2010/07/manifest" Target="/PSToyVmm.nuspec" Id="R1" />
</Relationships>
'@

function New-Package([string] $Folder, [string] $Path, [string] $Notes) {
    $zip = [IO.Compression.ZipArchive]::new([IO.File]::Create($Path), 'Create')
    try {
        $parts = [ordered]@{ '_rels/.rels' = $relations; 'PSToyVmm.nuspec' = Get-Nuspec $Notes; '[Content_Types].xml' = Get-ContentType $manifest.FileList }
        foreach ($name in $parts.Keys) {
            $writer = [IO.StreamWriter]::new($zip.CreateEntry($name).Open())
            try { $writer.Write($parts[$name]) } finally { $writer.Dispose() }
        }
        foreach ($file in $manifest.FileList) { $null = [IO.Compression.ZipFileExtensions]::CreateEntryFromFile($zip, (Join-Path $Folder $file), $file) }
    }
    finally { $zip.Dispose() }
}

$notes = Get-ReleaseNote $version
$module = Join-Path $output PSToyVmm
Copy-ShippedFile $module
Set-ReleaseNote (Join-Path $module PSToyVmm.psd1) $notes
$null = Test-ModuleManifest (Join-Path $module PSToyVmm.psd1)
New-Package $module (Join-Path $output "PSToyVmm.$version.nupkg") $notes
$zip = Join-Path $output "PSToyVmm.$version.zip"
if (Test-Path -LiteralPath $zip) { Remove-Item -LiteralPath $zip }
[IO.Compression.ZipFile]::CreateFromDirectory($module, $zip, 'Optimal', $true)
Get-Item -LiteralPath $module, (Join-Path $output "PSToyVmm.$version.nupkg"), $zip
