<?php

namespace App\Http\Controllers;

use Illuminate\Http\JsonResponse;

class SettingController
{
    public function systemHealth(): JsonResponse
    {
        return response()->json(['php' => PHP_VERSION, 'free_bytes' => disk_free_space('/')]);
    }
}
