import { describe, expect, it } from 'vitest';
import { ago, exact, instant, money, moneyChange, through } from '../../src/cli/numbers.ts';

describe('money for people', () => {
  it.each([
    ['1234567.895', 'usd', '$1,234,567.90'],
    ['12345678901234567890.125', 'usd', '$12,345,678,901,234,567,890.13'],
    ['0', 'usd', '$0.00'],
    ['0.004', 'usd', '$0.004'],
    ['0.0000001234', 'usd', '$0.00000012'],
    ['-12.5', 'usd', '-$12.50'],
    ['3', 'eur', '€3.00'],
    ['3.1', 'credits', '3.10 credits'],
  ])('%s %s reads %s', (amount, currency, text) => {
    expect(money(amount, currency)).toBe(text);
  });

  it('shows a change with its sign', () => {
    expect(moneyChange('1.5', 'usd')).toBe('+$1.50');
    expect(moneyChange('-1.5', 'usd')).toBe('−$1.50');
    expect(moneyChange('0', 'usd')).toBe('unchanged');
    expect(moneyChange('-0.00', 'usd')).toBe('unchanged');
  });

  it('keeps every digit where it is to be exact', () => {
    expect(exact('1234567.000000000000000001')).toBe('1,234,567.000000000000000001');
    expect(exact('-1000')).toBe('-1,000');
  });
});

describe('instants for people', () => {
  it('are UTC, and dates where they are midnight', () => {
    expect(instant('2026-01-02T00:00:00.000Z')).toBe('2026-01-02');
    expect(instant('2026-01-02T03:04:05.000Z')).toBe('2026-01-02 03:04Z');
    expect(instant(null)).toBe('–');
  });

  it('at which data ends say as much as the width does', () => {
    expect(through('2026-11-23T20:44:00.000Z', '1d')).toBe('2026-11-23');
    expect(through('2026-11-23T20:44:00.000Z', '1m')).toBe('11-23 20:44Z');
  });

  it('are so long ago', () => {
    const now = new Date('2026-01-10T00:00:00Z');
    const texts = ['2026-01-09T23:59:50Z', '2026-01-09T23:30:00Z', '2026-01-09T10:00:00Z', '2026-01-01T00:00:00Z'];
    expect(texts.map((text) => ago(text, now))).toEqual(['now', '30m ago', '14h ago', '9d ago']);
  });
});
