<?php

namespace App\Http\Controllers;

use Illuminate\Http\JsonResponse;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Redis;

class HealthController
{
    // Works only when the database and Redis answer.
    public function check(): JsonResponse
    {
        DB::select('select 1');
        Redis::ping();

        return response()->json(['status' => 'healthy']);
    }

    // Works when PHP does.
    public function ping(): JsonResponse
    {
        return response()->json(['status' => 'alive']);
    }
}
