<#
.SYNOPSIS
Makes en-US/PSToyVmm.dll-Help.xml, which Get-Help reads, from docs/cmdlets/*.md and the built module.
.DESCRIPTION
The Markdown has the prose; names, types, sets, positions, aliases, defaults and values of parameters are reflected. Help in
XML replaces reflection altogether, so a parameter without prose, or prose without a parameter, is an error here.
.EXAMPLE
./build.ps1; ./tools/New-HelpXml.ps1
#>
[CmdletBinding()]
param(
    [string] $Path = "$PSScriptRoot/../en-US/PSToyVmm.dll-Help.xml"
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$Namespaces = [ordered]@{
    command = 'http://schemas.microsoft.com/maml/dev/command/2004/10'
    maml    = 'http://schemas.microsoft.com/maml/2004/10'
    dev     = 'http://schemas.microsoft.com/maml/dev/2004/10'
}

# The text under each heading of a level, by heading; headings in fences are text.
function Get-Section([string] $Markdown, [int] $Level) {
    $sections = [ordered]@{}
    $heading = $null
    $fenced = $false
    foreach ($line in $Markdown -split '\r?\n') {
        if ($line.StartsWith('```')) { $fenced = -not $fenced }
        if (-not $fenced -and $line -match "^#{$Level} (.+)$") { $sections[($heading = $Matches[1])] = '' }
        elseif ($null -ne $heading) { $sections[$heading] += "$line`n" }
    }
    $sections
}

# Paragraphs of plain text: lines joined, marks of code and links taken out.
function Get-Paragraph([string] $Markdown) {
    ($Markdown -replace '`', '' -replace '\[([^\]]+)\]\([^)]+\)', '$1').Trim() -split '\n\s*\n' | ForEach-Object { ($_ -replace '\s*\n\s*', ' ').Trim() } | Where-Object { $_ }
}

# Writes an element: text, or what a script block writes.
function Write-Element([string] $Name, $Content = '', [System.Collections.IDictionary] $Attribute = @{}) {
    $prefix, $local = $Name -split ':'
    $Xml.WriteStartElement($prefix, $local, $Namespaces[$prefix])
    foreach ($key in $Attribute.Keys) { $Xml.WriteAttributeString($key, "$($Attribute[$key])") }
    if ($Content -is [scriptblock]) { & $Content } else { $Xml.WriteString("$Content") }
    $Xml.WriteEndElement()
}

function Write-Prose([string] $Name, [string[]] $Paragraph) {
    Write-Element $Name { foreach ($text in $Paragraph) { Write-Element maml:para $text } }
}

# A heading per type, prose below: INPUTS and OUTPUTS.
function Write-Type([string] $Container, [string] $Item, [string] $Markdown) {
    $types = Get-Section $Markdown 3
    Write-Element $Container {
        foreach ($type in $types.Keys) {
            Write-Element $Item {
                Write-Element dev:type { Write-Element maml:name $type }
                Write-Prose maml:description (Get-Paragraph $types[$type])
            }
        }
    }
}

# What a user gives for a parameter, in a syntax line.
function Get-TypeName([type] $Type) {
    $Type.IsArray ? "$(Get-TypeName $Type.GetElementType())[]" : $Type -eq [long] ? 'Int64' : $Type.Name
}

# What a parameter is when nobody gives it.
function Get-Default($Instance, [Management.Automation.ParameterMetadata] $Parameter, [bool] $Mandatory) {
    $property = $Instance.GetType().GetProperty($Parameter.Name)
    if ($Mandatory -or $null -eq $property) { return 'None' }
    $value = $property.GetValue($Instance)
    if ($value -is [switch]) { 'False' }
    elseif ($value -in [int]::MaxValue, [Threading.Timeout]::InfiniteTimeSpan) { 'No limit' }
    elseif ($null -eq $value -or ($value -is [System.Collections.ICollection] -and $value.Count -eq 0) -or "$value" -eq '') { 'None' }
    elseif ([guid]::TryParse("$value", [ref] [guid]::Empty)) { 'A new GUID' }
    else { "$value" }
}

# The parameters of a set, or of all of them: positions first, then what is needed, then by name; none of the common ones.
function Get-SyntaxOrder([Management.Automation.CommandParameterInfo[]] $Parameter) {
    $Parameter | Where-Object Name -NotIn ([Management.Automation.Cmdlet]::CommonParameters) |
        Sort-Object @{ Expression = { $_.Position -lt 0 } }, Position, @{ Expression = { -not $_.IsMandatory } },
        @{ Expression = { $_.Name -in 'WhatIf', 'Confirm' } }, Name -Culture ''
}

# Without prose in a syntax line, which nobody sees.
function Write-Parameter($Command, $Instance, [Management.Automation.CommandParameterInfo] $Parameter, [string] $Prose = '') {
    $metadata = $Command.Parameters[$Parameter.Name]
    $type = $metadata.ParameterType
    $pipeline = @(if ($Parameter.ValueFromPipeline) { 'ByValue' }; if ($Parameter.ValueFromPipelineByPropertyName) { 'ByPropertyName' }) -join ', '
    $attributes = [ordered]@{
        required = "$($Parameter.IsMandatory)".ToLowerInvariant()
        variableLength = "$($type.IsArray)".ToLowerInvariant()
        globbing = "$([bool]($metadata.Attributes | Where-Object { $_ -is [Management.Automation.SupportsWildcardsAttribute] }))".ToLowerInvariant()
        pipelineInput = $pipeline ? "True ($pipeline)" : 'False'
        position = $Parameter.Position -lt 0 ? 'named' : $Parameter.Position
        aliases = $metadata.Aliases ? $metadata.Aliases -join ', ' : 'none'
    }
    $paragraphs = @(Get-Paragraph $Prose)
    $element = $type.IsArray ? $type.GetElementType() : $type
    if ($Prose -and $element.IsEnum) { $paragraphs += "Values: $([enum]::GetNames($element) -join ', ')." }
    Write-Element command:parameter -Attribute $attributes {
        Write-Element maml:name $Parameter.Name
        if ($paragraphs) { Write-Prose maml:description $paragraphs }
        if ($type -ne [switch]) {
            Write-Element command:parameterValue (Get-TypeName $type) ([ordered]@{ required = 'true'; variableLength = $attributes.variableLength })
        }
        Write-Element dev:type { Write-Element maml:name $type.FullName }
        Write-Element dev:defaultValue (Get-Default $Instance $metadata $Parameter.IsMandatory)
    }
}

function Write-Example([string] $Title, [string] $Markdown) {
    $fence = '(?s)```\w*\n(.*?)```\n?'
    $code = [regex]::Matches($Markdown, $fence).ForEach{ $_.Groups[1].Value.TrimEnd() } -join "`n`n"
    Write-Element command:example {
        Write-Element maml:title "-------- $Title --------"
        Write-Element dev:code $code
        Write-Prose dev:remarks (Get-Paragraph ($Markdown -replace $fence, ''))
    }
}

function Write-Command([Management.Automation.CmdletInfo] $Command, [string] $Markdown) {
    $sections = Get-Section $Markdown 2
    $prose = Get-Section $sections['PARAMETERS'] 3
    $sets = @($Command.ParameterSets | Sort-Object @{ Expression = { -not $_.IsDefault } }, Name -Culture '')
    $all = @(Get-SyntaxOrder ($sets.Parameters | Group-Object Name | ForEach-Object { $_.Group[0] }))
    $difference = Compare-Object @($all.Name) @($prose.Keys.ForEach{ $_.TrimStart('-') })
    if ($difference) { throw "docs/cmdlets/$($Command.Name).md and the cmdlet differ in parameters: $($difference.InputObject -join ', ')" }
    $instance = [Activator]::CreateInstance($Command.ImplementingType)

    Write-Element command:command {
        Write-Element command:details {
            Write-Element command:name $Command.Name
            Write-Element command:verb $Command.Verb
            Write-Element command:noun $Command.Noun
            Write-Prose maml:description (Get-Paragraph $sections['SYNOPSIS'])
        }
        Write-Prose maml:description (Get-Paragraph $sections['DESCRIPTION'])
        Write-Element command:syntax {
            foreach ($set in $sets) {
                Write-Element command:syntaxItem {
                    Write-Element maml:name $Command.Name
                    foreach ($parameter in Get-SyntaxOrder $set.Parameters) { Write-Parameter $Command $instance $parameter }
                }
            }
        }
        Write-Element command:parameters {
            foreach ($parameter in $all | Sort-Object Name -Culture '') { Write-Parameter $Command $instance $parameter $prose["-$($parameter.Name)"] }
        }
        Write-Type command:inputTypes command:inputType $sections['INPUTS']
        Write-Type command:returnValues command:returnValue $sections['OUTPUTS']
        Write-Element maml:alertSet { Write-Prose maml:alert (Get-Paragraph $sections['NOTES']) }
        Write-Element command:examples {
            $examples = Get-Section $sections['EXAMPLES'] 3
            foreach ($title in $examples.Keys) { Write-Example $title $examples[$title] }
        }
        Write-Element command:relatedLinks {
            foreach ($link in [regex]::Matches($sections['RELATED LINKS'], '(?m)^- \[?([\w-]+)')) {
                Write-Element maml:navigationLink { Write-Element maml:linkText $link.Groups[1].Value; Write-Element maml:uri }
            }
        }
    }
    $instance.Dispose()
}

Import-Module ([IO.Path]::GetFullPath("$PSScriptRoot/../PSToyVmm.psd1"))
$commands = Get-Command -Module PSToyVmm | Sort-Object Name -Culture ''
$settings = [Xml.XmlWriterSettings]@{ Indent = $true; NewLineChars = "`n"; Encoding = [Text.UTF8Encoding]::new($false) }
$Xml = [Xml.XmlWriter]::Create([IO.Path]::GetFullPath($Path, $PWD.ProviderPath), $settings)
try {
    $Xml.WriteComment(' Made by tools/New-HelpXml.ps1 from docs/cmdlets: edit those. ')
    $Xml.WriteStartElement('helpItems', 'http://msh')
    $Xml.WriteAttributeString('schema', 'maml')
    foreach ($prefix in $Namespaces.Keys) { $Xml.WriteAttributeString('xmlns', $prefix, $null, $Namespaces[$prefix]) }
    foreach ($command in $commands) {
        Write-Command $command (Get-Content -LiteralPath "$PSScriptRoot/../docs/cmdlets/$($command.Name).md" -Raw)
    }
    $Xml.WriteEndElement()
    $Xml.WriteWhitespace("`n")
}
finally { $Xml.Dispose() }
