<?php

use Illuminate\Support\Facades\Artisan;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Redis;

Artisan::command('health:check', function () {
    DB::select('select 1');
    Redis::ping();
})->purpose('Fail unless the database and Redis answer');

Artisan::command('health:ping', fn () => 0)->purpose('Fail unless PHP works');
