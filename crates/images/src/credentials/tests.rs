//! Cases of what is a credential and what is none.

use windlass_source::{Part, SourceMap, Span, VariableSource};

use super::*;
use crate::{Reference, catalogue};

fn check(name: &str, value: &str, expect: bool) {
    let sign = variable(name, value, &Origin::DEFAULT, None);
    assert_eq!(sign.is_some(), expect, "{name}={value}: {sign:?}");
}

#[test]
fn words_are_searched_in_order() {
    assert!(ABOUT.is_sorted());
}

#[test]
fn no_word_of_a_credential_is_passed_over() {
    let words = SECRET_WORDS.into_iter().chain(["KEY", "KEYS", "AUTH", "COOKIE", "TOKEN"]);
    for word in words {
        assert!(may_be_credential_name(word) && may_be_credential_name(&word.to_lowercase()), "{word}");
    }
    assert!(!may_be_credential_name("LOG_LEVEL") && !may_be_credential_name("") && !may_be_credential_name("é"));
}

#[test]
fn names_say_what_is_a_credential() {
    for name in [
        "PASSWORD",
        "POSTGRES_PASSWORD",
        "MYSQL_ROOT_PASSWORD",
        "PGPASSWORD",
        "DB_PASS",
        "DB_PWD",
        "REDISPASSWORD",
        "SECRET_KEY_BASE",
        "JWT_SECRET",
        "JWT_SECRET_KEY",
        "API_KEY",
        "INIT_CLIENT_API_TOKENS",
        "DB_ENC_KEY",
        "RELEASE_COOKIE",
        "STRIPE_APIKEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "APP_KEY",
        "AUTH_TOKEN",
        "GITHUB_PAT",
        "ENCRYPTION_KEY",
        "PRIVATE_KEY",
        "GOOGLE_CREDENTIALS",
        "AUTH_SALT",
        "LOGGED_IN_KEY",
        "database__connection__password",
        "spring.datasource.password",
        "clientSecret",
        "RABBITMQ_ERLANG_COOKIE",
        "NEXTAUTH_SECRET",
        "SUPABASE_SERVICE_ROLE_KEY",
        "VAULT_SECRET_ID",
        "BOT_TOKEN",
        "DJANGO_SECRET",
        "DFLY_requirepass",
        "REDIS_AUTH",
        "REDISCLI_AUTH",
        "masterkey",
        "authToken",
        "SMTP_PASSWD",
        "KEY_PASSPHRASE",
        "SESSION_SECRET_2",
        "ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY",
        "ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY",
        "_APP_OPENSSL_KEY_V1",
        "MAGENTO_CRYPT_KEY",
        "AIRFLOW__CORE__FERNET_KEY",
        "FERNET_KEYS",
        "IMGPROXY_KEY",
        "SYMMETRIC_KEY",
        "CRON_KEY",
        "TYPESENSE_KEY",
        "LIVEKIT_KEYS",
        "PEPPER",
        "ADMIN_PASS1",
        "API_KEY2",
        "WEBUI_PW",
        "LDAP_BIND_PW",
        "DBPASS",
        "PGPASS",
        "WIFI_PSK",
        "PSK",
        "OPENAI_KEY",
    ] {
        check(name, "hunter2", true);
    }
}

#[test]
fn names_that_speak_about_credentials_hold_none() {
    for name in [
        "POSTGRES_PASSWORD_FILE",
        "SECRET_NAME",
        "PASSWORD_MIN_LENGTH",
        "TOKEN_TTL",
        "JWT_SECRET_PATH",
        "TOKEN_EXPIRY",
        "PASSWORD_POLICY",
        "MAX_TOKENS",
        "CASSANDRA_NUM_TOKENS",
        "PUBLIC_KEY",
        "JWT_PUBLIC_KEY",
        "SORT_KEY",
        "SMTP_AUTH",
        "KEYBOARD",
        "PWD",
        "OLDPWD",
        "COMPASS",
        "BYPASS_CACHE",
        "PATH",
        "HOST",
        "USER",
        "KEY_ID",
        "APP_NAME",
        "TOKENIZER",
        "SASL_SECRET_PROTOCOL",
        "TOKEN_ENDPOINT_URL",
        "SECRET_CLASS",
        "SESSION_COOKIE",
        "PASSWORD_RESET_TIMEOUT",
        "PARTITION_KEY",
        "CLIENT_ID",
        "PRIMARY_KEY",
        "ENCRYPTION_PUBLIC_KEY",
        "ENCRYPTION_KEY_ID",
        "API_KEY_ID_V1",
        "SECRET_PATH2",
        "S3_BUCKET",
        "TRAFFIC_BYPASS",
        "PWA",
        "REGISTRY_AUTH_HTPASSWD_REALM",
        "AUTHENTICATION_APIKEY_USERS",
    ] {
        check(name, "hunter2", false);
    }
}

#[test]
fn truth_values_and_paths_are_none() {
    for (name, value) in [
        ("ALLOW_EMPTY_PASSWORD", "yes"),
        ("MYSQL_RANDOM_ROOT_PASSWORD", "1"),
        ("REQUIRE_API_KEY", "true"),
        ("DB_PASSWORD", ""),
        ("SSL_PRIVATE_KEY", "/etc/ssl/private/site.key"),
        ("API_KEY", "/run/secrets/api_key"),
        ("TLS_PRIVATE_KEY", "./certs/server.pem"),
    ] {
        check(name, value, false);
    }
    check("API_KEY", "/Zm9v+YmFy/cXV4==", true);
    check("DB_PASSWORD", "123456", true);
}

#[test]
fn values_are_recognised_under_any_name() {
    for value in [
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
        concat!("AKIA", "IOSFODNN7EXAMPLE"),
        concat!("ghp", "_0123456789abcdefghijABCDEFGHIJ012345"),
        concat!("xox", "b-123456789012-abc"),
        concat!("https://hooks.slack.com/", "services/T000/B000/XXXX"),
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "postgres://app:hunter2@db:5432/app",
        "redis://:hunter2@cache:6379/0",
        "amqp://guest:guest@mq",
        "postgres://app:p/q?r@db/app",
        "root:hunter2@tcp(db:3306)/app",
        "Server=db;Database=app;User=sa;Password=hunter2;",
        "host=db user=app password=hunter2",
        "jdbc:postgresql://db/app?user=app&password=hunter2",
        "cache:6379,password=hunter2,ssl=False",
        "-Dx=1 -Ddb=postgres://a:b@db",
    ] {
        check("SETTING", value, true);
    }
    for value in [
        "postgres://app@db:5432/app",
        "postgres://app:@db/app",
        "http://web:8080/path?at=a@b",
        "redis://cache:6379",
        "smtp://mail:25",
        "docker.io/library/nginx:1.27@sha256:0000",
        "user@example.com",
        "Server=db;Database=app",
        "password=",
        "a:b@c",
        "10.0.0.1:9092,10.0.0.2:9092",
        "eyJ.not.this",
    ] {
        check("SETTING", value, false);
    }
}

#[test]
fn words_and_fields_of_values_are_recognised() {
    for value in [
        "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"a\" password=\"Zk8wQp2LmX\";",
        r#"{"spring":{"datasource":{"password":"Hd5sKe3PzR"}}}"#,
        r#"[{"name": "a", "api_key": "Hd5sKe3PzR"}]"#,
        "-Djavax.net.ssl.keyStorePassword=Mv6xTg4CwJ",
        "-Xmx512m -Dspring.datasource.password=Mv6xTg4CwJ -Dserver.port=80\n",
        "Authorization=Bearer swg8CHkfebCPvdrM",
        "Authorization: Bearer swg8CHkfebCPvdrM",
        "Authorization=Basic%20YTpi",
        "x-team=a,Authorization=Bearer swg8CHkfebCPvdrM",
        "x-team=a,api-key=swg8CHkfebCPvdrM",
        "redis-cli -a hunter2 ping",
    ] {
        check("SETTING", value, true);
    }
    for value in [
        "ScramLoginModule required username=\"a\" password=\"${env:X}\";",
        "ScramLoginModule required username='a' password='<password>';",
        "ScramLoginModule required username=\"a\" password=\"changeme\";",
        "ScramLoginModule required username=\"a\" password=\"\";",
        r#"{"spring":{"datasource":{"password":""}}}"#,
        r#"{"spring":{"datasource":{"password":"${DB_PASSWORD}"}}}"#,
        r#"{"spring":{"datasource":{"password":"<password>","secret":"{{ secret }}","token":null}}}"#,
        r#"{"token":"your-token-here","passwordField":"pw"}"#,
        "-Djavax.net.ssl.trustStorePassword=changeit -Djavax.net.ssl.keyStoreType=PKCS12",
        "-Dspring.datasource.password=${DB_PASSWORD} -Djavax.net.ssl.keyStore=/etc/ssl/a.jks",
        "Authorization=Bearer $TOKEN",
        "Authorization=Bearer",
        "Authorization, Content-Type, X-Api-Key",
        "--auth-host=scram-sha-256 -c password_encryption=scram-sha-256",
        "-Xms512m -Xmx512m -Djava.security.egd=file:/dev/./urandom",
        "openid email token",
        "{{.Names}}: {{.Token}}",
    ] {
        check("SETTING", value, false);
    }
}

#[test]
fn a_value_made_from_a_secret_variable_is_one() {
    let mut sources = SourceMap::default();
    let span = Span::new(sources.add("compose.yaml", "x"), 0..1);
    let origin = |variable: &str, range| {
        Origin::at(span).with_parts(vec![Part { range, variable: variable.into(), source: VariableSource::Environment }])
    };
    let sign = |value: &str, origin: &Origin| variable("SETTING", value, origin, None);
    assert_eq!(sign("a-hunter2", &origin("DB_PASSWORD", 2..9)), Some(Sign::Variable("DB_PASSWORD".into())));
    assert_eq!(sign("a-", &origin("DB_PASSWORD", 2..2)), None);
    assert_eq!(sign("a-eu", &origin("REGION", 2..4)), None);
}

#[test]
fn the_catalogue_knows_names_that_say_nothing() {
    let directus = Reference::parse("directus/directus:11").ok().and_then(|reference| catalogue::find(&reference));
    assert_eq!(variable("KEY", "x", &Origin::DEFAULT, directus), Some(Sign::Image));
    assert_eq!(variable("KEY", "x", &Origin::DEFAULT, None), None);
}

#[test]
fn files_with_keys_are_secret() {
    assert!(is_secret_file("server.key", b"x") && is_secret_file(".env", b"A=b") && is_secret_file("id_rsa", b""));
    for login in ["zigbee:$7$101$c2FsdA==$aGFzaA==\n", "# people\nadmin:$apr1$x.y$z/0\n", "bob:$2y$05$abc.d"] {
        assert!(is_secret_file("pwfile", login.as_bytes()), "{login}");
    }
    assert!(is_secret_file("realm.json", br#"{"realm":"x","clients":[{"id":"a","secret":"hunter2"}]}"#));
    assert!(is_secret_file("tls.pem", b"-----BEGIN PRIVATE KEY-----\n"));
    // A file is looked at up to a byte that may be within a character.
    assert!(is_secret_file("app.ini", format!("password = hunter2\n{}", "ä".repeat(40_000)).as_bytes()));
    for line in
        ["password = hunter2", "  api_key: \"abc\",", "\"clientSecret\": \"x\"", "requirepass hunter2", "url: http://a:b@c/", "- token: x"]
    {
        assert!(is_secret_file("app.conf", line.as_bytes()), "{line}");
    }
    for line in [
        "password = ${DB_PASSWORD}",
        "# password = x",
        "password:",
        "password_file: /run/secrets/x",
        "proxy_pass http://app:9000;",
        "proxy_pass backend;",
        "secret: { a: b }",
        "password_hash_algorithm: bcrypt",
        "fastcgi_pass app:9000;",
        "auth_basic_user_file /etc/nginx/.htpasswd;",
        "token: <your token>",
        "listen:$PORT",
        "root:$HOME/x$y z",
    ] {
        assert!(!is_secret_file("app.conf", line.as_bytes()), "{line}");
    }
    for (name, line) in [
        ("users.xml", "  <password>hunter2</password>"),
        ("server.xml", "<Connector port=\"8443\" keystorePass=\"hunter2\"/>"),
        ("init.sql", "CREATE USER 'app'@'%' IDENTIFIED BY 'hunter2';"),
        ("01-roles.sql", "alter role app with login password 'hunter2';"),
        ("netrc", "machine git.example.com login me password hunter2"),
        ("pgpass", "db:5432:*:app:hunter2"),
        ("pgbouncer-users", "\"app\" \"hunter2\""),
        ("users.acl", "user app on >hunter2 ~* +@all"),
        ("config.yaml", "      - key: edd1c9f034335f136f87ad84b625c8f1"),
        ("GeoIP.conf", "AccountID 42\nLicenseKey foobarbazbat\nEditionIDs GeoLite2-City"),
        ("geoip.conf", "licensekey foobarbazbat"),
        ("ossec.conf", "<cluster>\n  <key>aa093264ef885029653eea20dfcf51ae</key>\n</cluster>"),
    ] {
        assert!(is_secret_file(name, line.as_bytes()), "{name}: {line}");
    }
    for (name, line) in [
        ("users.xml", "<password_hash_type>sha256</password_hash_type><password></password><password from_env=\"PASSWORD\"/>"),
        ("web.xml", "<param-name>password</param-name><url-pattern>/login</url-pattern>"),
        ("init.sql", "CREATE USER app IDENTIFIED BY '${PASSWORD}'; CREATE TABLE t (password text, p varchar(9) DEFAULT '');"),
        ("default.conf", "listen [::]:80; server 10.0.0.1:80; user nginx;"),
        ("GeoIP.conf", "# LicenseKey foobarbazbat\nLicenseKey <key>\nAccountID 42"),
        ("hosts", "fe80::1:2 a\n12:30:01"),
        ("users.acl", "user default on nopass ~* +@all"),
        ("app.yaml", "key: edd1c9f0\nid: edd1c9f034335f136f87ad84b625c8f1"),
    ] {
        assert!(!is_secret_file(name, line.as_bytes()), "{name}: {line}");
    }
    assert!(!is_secret_file("login.py", b"password = form['password']"));
    assert!(!is_secret_file("tls.pem", b"-----BEGIN CERTIFICATE-----\n"));
    assert!(
        !is_secret_file("id_rsa.pub", b"ssh-rsa AAAA") && !is_secret_file(".env.example", b"A=b") && !is_secret_file("nginx.conf", b"")
    );
}

#[test]
fn the_hash_of_a_password_is_a_credential_whatever_its_name() {
    check("TRAEFIK_USERS", "admin:$apr1$xyz$abc", true);
    check("TRAEFIK_USERS", "a:$2y$05$abcdefgh,b:$2y$05$abcdefgh", true);
    check("USER_HASH", "$2y$05$abcdefghijklmnop", true);
    check("LLM", "sk-or-v1-0123456789abcdef0123456789abcdef", true);
    check("PRICE", "$5$", false);
    check("FORMAT", "$remote_addr:$port", false);
}

#[test]
fn an_address_without_a_password_is_no_credential_whoever_reads_it() {
    let image = catalogue::all().find(|image| !image.credentials.is_empty()).expect("one has some");
    let name = image.credentials[0].as_str();
    let check = |value: &str, expect: bool| assert_eq!(variable(name, value, &Origin::DEFAULT, Some(image)).is_some(), expect, "{value}");
    check("hunter2", true);
    check("redis://:hunter2@redis:6379", true);
    check("https://key@sentry.example.com/1", true);
    check("https://hooks.example.com/services/abc", true);
    check("postgres://db/app?password=x", true);
    check("gotify://host/token", true);
    for plain in ["redis://redis:6379", "mongodb://a:27017,b:27017/graylog", "http://minio:9000/", "redis://redis:6379/0"] {
        let sign = variable(name, plain, &Origin::DEFAULT, Some(image));
        assert_ne!(sign, Some(Sign::Image), "{plain}");
    }
}
