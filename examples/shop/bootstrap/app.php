<?php

// Puts the application together.

use App\Http\Middleware\ContentSecurityPolicy;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Configuration\Exceptions;
use Illuminate\Foundation\Configuration\Middleware;

$root = dirname(__DIR__);

return Application::configure(basePath: $root)
    ->withRouting(
        web: $root . '/routes/web.php',
        api: $root . '/routes/api.php',
        commands: $root . '/routes/console.php',
    )
    ->withMiddleware(fn (Middleware $middleware) => $middleware->append(ContentSecurityPolicy::class))
    ->withExceptions(fn (Exceptions $exceptions) => null)
    ->create();
