<?php

// Entry point of every web request.

use Illuminate\Http\Request;

require __DIR__ . '/../vendor/autoload.php';

$application = require __DIR__ . '/../bootstrap/app.php';

$application->handleRequest(Request::capture());
