<?php

namespace Tests\Unit;

use PHPUnit\Framework\TestCase;

class PriceTest extends TestCase
{
    public function testCentsBecomeEuros(): void
    {
        self::assertSame('12.50', number_format(1250 / 100, 2));
    }
}
