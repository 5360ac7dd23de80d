<?php

use App\Http\Controllers\HealthController;
use App\Http\Controllers\SettingController;
use App\Models\Product;
use Illuminate\Support\Facades\Route;

Route::get('/health', [HealthController::class, 'check'])->name('api.health.check');
Route::get('/health/ping', [HealthController::class, 'ping'])->name('api.health.ping');
Route::get('/settings/system-health', [SettingController::class, 'systemHealth']);
Route::get('/metrics', fn () => response('shop_products ' . Product::count() . "\n", 200, ['Content-Type' => 'text/plain']));
Route::get('/v1/products', fn () => Product::all());
