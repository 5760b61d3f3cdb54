# Writes the keys of ringcue.reg. Run as administrator, or as system by Intune.

$key = 'HKLM:\SOFTWARE\Policies\Google\Chrome\ExtensionSettings\abcdefghijklmnopabcdefghijklmnop'
if (-not (Test-Path -LiteralPath $key)) { New-Item -Path $key -Force | Out-Null }
New-ItemProperty -LiteralPath $key -Name 'installation_mode' -PropertyType String -Value 'force_installed' -Force | Out-Null
New-ItemProperty -LiteralPath $key -Name 'update_url' -PropertyType String -Value 'https://ringcue.example/add-on/updates.xml' -Force | Out-Null
New-ItemProperty -LiteralPath $key -Name 'override_update_url' -PropertyType DWord -Value 1 -Force | Out-Null
New-ItemProperty -LiteralPath $key -Name 'toolbar_pin' -PropertyType String -Value 'force_pinned' -Force | Out-Null

$key = 'HKLM:\SOFTWARE\Policies\Google\Chrome\3rdparty\extensions\abcdefghijklmnopabcdefghijklmnop\policy'
if (-not (Test-Path -LiteralPath $key)) { New-Item -Path $key -Force | Out-Null }
New-ItemProperty -LiteralPath $key -Name 'relay' -PropertyType String -Value 'https://ringcue.example' -Force | Out-Null

$key = 'HKLM:\SOFTWARE\Policies\Microsoft\Edge\ExtensionSettings\abcdefghijklmnopabcdefghijklmnop'
if (-not (Test-Path -LiteralPath $key)) { New-Item -Path $key -Force | Out-Null }
New-ItemProperty -LiteralPath $key -Name 'installation_mode' -PropertyType String -Value 'force_installed' -Force | Out-Null
New-ItemProperty -LiteralPath $key -Name 'update_url' -PropertyType String -Value 'https://ringcue.example/add-on/updates.xml' -Force | Out-Null
New-ItemProperty -LiteralPath $key -Name 'override_update_url' -PropertyType DWord -Value 1 -Force | Out-Null
New-ItemProperty -LiteralPath $key -Name 'toolbar_state' -PropertyType String -Value 'force_shown' -Force | Out-Null

$key = 'HKLM:\SOFTWARE\Policies\Microsoft\Edge\3rdparty\extensions\abcdefghijklmnopabcdefghijklmnop\policy'
if (-not (Test-Path -LiteralPath $key)) { New-Item -Path $key -Force | Out-Null }
New-ItemProperty -LiteralPath $key -Name 'relay' -PropertyType String -Value 'https://ringcue.example' -Force | Out-Null

$key = 'HKLM:\SOFTWARE\Policies\Mozilla\Firefox'
if (-not (Test-Path -LiteralPath $key)) { New-Item -Path $key -Force | Out-Null }
New-ItemProperty -LiteralPath $key -Name 'ExtensionSettings' -PropertyType MultiString -Value @('{"ringcue@ringcue.example":{"installation_mode":"force_installed","install_url":"https://ringcue.example/add-on/ringcue.xpi","default_area":"navbar"}}') -Force | Out-Null

$key = 'HKLM:\SOFTWARE\Policies\Mozilla\Firefox\3rdparty\Extensions\ringcue@ringcue.example'
if (-not (Test-Path -LiteralPath $key)) { New-Item -Path $key -Force | Out-Null }
New-ItemProperty -LiteralPath $key -Name 'relay' -PropertyType String -Value 'https://ringcue.example' -Force | Out-Null
