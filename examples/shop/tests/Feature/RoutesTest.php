<?php

namespace Tests\Feature;

use PHPUnit\Framework\TestCase;

class RoutesTest extends TestCase
{
    public function testTheHealthRouteIsDeclared(): void
    {
        self::assertStringContainsString("'/health'", file_get_contents(__DIR__ . '/../../routes/api.php'));
    }
}
