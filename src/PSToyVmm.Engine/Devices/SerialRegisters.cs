namespace PSToyVmm.Engine.Devices;

// NS16550A data sheet, table II ("summary of registers"). Offsets from the port's base.
static class SerialRegister
{
    public const int Data = 0;               // RBR read, THR written; divisor latch, low byte, with DLAB
    public const int InterruptEnable = 1;    // divisor latch, high byte, with DLAB
    public const int InterruptIdentity = 2;  // IIR read, FCR written
    public const int LineControl = 3;
    public const int ModemControl = 4;
    public const int LineStatus = 5;
    public const int ModemStatus = 6;
    public const int Scratch = 7;
    public const int Count = 8;
}

/// <summary>IER; the same bits also name the four interrupt sources.</summary>
[Flags]
enum SerialInterrupts : byte
{
    None = 0,
    Received = 1 << 0,
    TransmitterEmpty = 1 << 1,
    LineStatus = 1 << 2,
    ModemStatus = 1 << 3,
    All = 0x0f,
}

/// <summary>IIR, bits 3:0, by priority.</summary>
static class SerialIdentity
{
    public const byte LineStatus = 0b0110;
    public const byte Received = 0b0100;
    public const byte CharacterTimeout = 0b1100;
    public const byte TransmitterEmpty = 0b0010;
    public const byte ModemStatus = 0b0000;
    public const byte None = 0b0001;
    public const byte FifosEnabled = 0b1100_0000;
}

[Flags]
enum FifoControl : byte
{
    None = 0,
    Enable = 1 << 0,
    ResetReceiver = 1 << 1,
    Trigger = 0b1100_0000,
}

[Flags]
enum LineControl : byte
{
    Break = 1 << 6,
    DivisorLatch = 1 << 7,
}

[Flags]
enum LineStatus : byte
{
    DataReady = 1 << 0,
    Overrun = 1 << 1,
    Break = 1 << 4,
    TransmitHoldingEmpty = 1 << 5,
    TransmitterIdle = 1 << 6,
    FifoError = 1 << 7,
}

[Flags]
enum ModemControl : byte
{
    DataTerminalReady = 1 << 0,
    RequestToSend = 1 << 1,
    Out1 = 1 << 2,
    Out2 = 1 << 3,
    Loop = 1 << 4,
    All = 0x1f,
}

[Flags]
enum ModemStatus : byte
{
    None = 0,
    DeltaClearToSend = 1 << 0,
    DeltaDataSetReady = 1 << 1,
    TrailingEdgeRing = 1 << 2,
    DeltaCarrierDetect = 1 << 3,
    Deltas = 0x0f,
    ClearToSend = 1 << 4,
    DataSetReady = 1 << 5,
    Ring = 1 << 6,
    CarrierDetect = 1 << 7,
}
