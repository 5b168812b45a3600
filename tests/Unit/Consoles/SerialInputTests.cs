using System.Text;
using PSToyVmm.Engine.Consoles;
using PSToyVmm.Tests.Unit.Bus;
using Xunit;

namespace PSToyVmm.Tests.Unit.Consoles;

public class SerialInputTests
{
    readonly SerialInput _input = new();

    string TakeAll()
    {
        List<byte> taken = [];
        while (_input.TryDequeue(out byte value)) taken.Add(value);
        return Encoding.ASCII.GetString([.. taken]);
    }

    [Fact]
    public void Bytes_come_out_as_they_went_in()
    {
        _input.Enqueue("ro"u8);
        _input.Enqueue([]);
        _input.Enqueue("ot\n"u8);
        Assert.Equal(5, _input.Count);
        Assert.Equal("root\n", TakeAll());
        Assert.Equal(0, _input.Count);
        Assert.False(_input.TryDequeue(out _));
    }

    [Fact]
    public void Arrival_is_told_after_the_bytes_are_there_and_outside_the_lock()
    {
        string? seen = null;
        _input.Arrived += () => seen = Task.Run(TakeAll).GetAwaiter().GetResult();   // another thread may take them
        _input.Enqueue("x"u8);
        Assert.Equal("x", seen);
    }

    [Fact]
    public void Clearing_forgets_even_a_piece_half_taken()
    {
        _input.Enqueue("abc"u8);
        _input.TryDequeue(out _);
        _input.Clear();
        Assert.Equal(0, _input.Count);
        _input.Enqueue("def"u8);
        Assert.Equal("def", TakeAll());
    }

    [Fact]
    public void Writers_do_not_mix_within_a_piece_and_nothing_is_lost()
    {
        const int Pieces = 2000, Size = 5, Writers = 3;
        Task writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() =>
        {
            byte[] piece = [.. Enumerable.Repeat((byte)writer, Size)];
            for (int i = 0; i < Pieces; i++) _input.Enqueue(piece);
        })));
        List<byte> taken = [];
        while (!writing.IsCompleted || _input.Count > 0)
            if (_input.TryDequeue(out byte value)) taken.Add(value);
        Assert.Equal(Writers * Pieces * Size, taken.Count);
        foreach (byte[] piece in taken.Chunk(Size)) Assert.Single(piece.Distinct());
    }

    [Fact]
    public void Taking_allocates_nothing()
    {
        for (int i = 0; i < 12; i++) _input.Enqueue(new byte[10_000]);
        Assert.Equal(0, Allocation.Of(() =>
        {
            for (int i = 0; i < 10_000; i++) _input.TryDequeue(out _);
        }));
        Assert.InRange(_input.Count, 0, 100_000);
    }

    [Fact]
    public void Many_are_taken_at_once_across_what_was_added_apart()
    {
        _input.Enqueue("abc"u8);
        _input.Enqueue("defgh"u8);
        Assert.True(_input.TryDequeue(out _));
        byte[] taken = new byte[4];
        Assert.Equal(4, _input.Dequeue(taken));
        Assert.Equal("bcde"u8, taken);
        Assert.Equal(3, _input.Count);
        Assert.Equal("f", Encoding.ASCII.GetString(taken, 0, _input.Dequeue(taken.AsSpan(0, 1))));
        Assert.Equal(2, _input.Dequeue(taken));
        Assert.Equal(0, _input.Dequeue(taken));
    }

    [Fact]
    public void A_break_keeps_its_place_and_what_comes_with_it()
    {
        _input.Enqueue("a"u8);
        _input.EnqueueBreak("h"u8);
        _input.EnqueueBreak();
        Assert.Equal(4, _input.Count);
        List<(byte, bool)> taken = [];
        while (_input.TryDequeue(out byte value, out bool isBreak)) taken.Add((value, isBreak));
        Assert.Equal([((byte)'a', false), (0, true), ((byte)'h', false), (0, true)], taken);
        _input.Enqueue([0]);
        Assert.True(_input.TryDequeue(out _, out bool typed));
        Assert.False(typed);
    }
}
