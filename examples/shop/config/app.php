<?php

// The key comes from a secret file where there is one.
$key = env('APP_KEY_FILE');

return [
    'name' => env('APP_NAME', 'shop'),
    'env' => env('APP_ENV', 'production'),
    'debug' => (bool) env('APP_DEBUG', false),
    'url' => env('APP_URL', 'http://localhost'),
    'key' => is_string($key) && is_file($key) ? trim(file_get_contents($key)) : env('APP_KEY'),
    'cipher' => 'AES-256-CBC',
    'timezone' => 'UTC',
    'locale' => 'en',
];
