namespace PSToyVmm;

/// <summary>Keys that Send-ToyVmSerial can press; they send what a Linux console sends.</summary>
public enum SerialKey
{
#pragma warning disable CS1591 // each is the key it is named after
    Enter, Escape, Tab, Backspace, Space,
    Up, Down, Right, Left, Home, End, Insert, Delete, PageUp, PageDown,
    F1, F2, F3, F4, F5, F6, F7, F8, F9, F10, F11, F12,
    CtrlA, CtrlB, CtrlC, CtrlD, CtrlE, CtrlF, CtrlG, CtrlH, CtrlI, CtrlJ, CtrlK, CtrlL, CtrlM,
    CtrlN, CtrlO, CtrlP, CtrlQ, CtrlR, CtrlS, CtrlT, CtrlU, CtrlV, CtrlW, CtrlX, CtrlY, CtrlZ,
    CtrlBackslash,
#pragma warning restore CS1591
}
