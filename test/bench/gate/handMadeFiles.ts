/**
 * The gate as one sets it up by hand, for comparison: nginx with HTTP/1.1 on both sides and a new upstream connection for each
 * request, oauth2-proxy with its sessions in the cookie, code-server on a TCP port. TLS is that of the measured gate.
 */
export interface HandMadeValues {
  /** Where its files lie in the host. */
  readonly directory: string;
  readonly domain: string;
  readonly certificateDirectory: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** 32 characters. */
  readonly cookieSecret: string;
  readonly email: string;
  /** Directives of the measured gate, one a line. */
  readonly tls: string;
  readonly ports: HandMadePorts;
}

/** TCP ports of the host's loopback. */
export interface HandMadePorts {
  readonly nginx: number;
  readonly oauth2Proxy: number;
  readonly codeServer: number;
}

export function nginxConfiguration({ directory, domain, certificateDirectory, tls, ports }: HandMadeValues): string {
  const proxy = `http://127.0.0.1:${ports.oauth2Proxy}`;
  return `user www-data;
worker_processes auto;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;

events {
  worker_connections 1024;
}

http {
  include /etc/nginx/mime.types;
  access_log ${directory}/access.log;
  sendfile on;
  map $http_upgrade $connection_header {
    "" close;
    default upgrade;
  }

  server {
    listen ${ports.nginx} ssl;
    server_name ${domain};
    ssl_certificate ${certificateDirectory}/fullchain.pem;
    ssl_certificate_key ${certificateDirectory}/privkey.pem;
${tls.replace(/^/gm, "    ")}

    large_client_header_buffers 8 32k;
    proxy_buffer_size 32k;
    proxy_buffers 8 32k;
    proxy_read_timeout 1h;
    proxy_send_timeout 1h;
    client_max_body_size 0;

    proxy_set_header Host $host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;

    location /oauth2/ {
      proxy_pass ${proxy};
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Auth-Request-Redirect $request_uri;
    }

    location = /oauth2/auth {
      internal;
      proxy_pass ${proxy};
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-Uri $request_uri;
    }

    location / {
      auth_request /oauth2/auth;
      error_page 401 =302 /oauth2/start?rd=$request_uri;
      proxy_pass http://127.0.0.1:${ports.codeServer};
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_header;
    }
  }
}
`;
}

export function oauth2ProxyConfiguration(values: HandMadeValues): string {
  const settings = {
    provider: "oidc",
    oidc_issuer_url: values.issuer,
    client_id: values.clientId,
    client_secret: values.clientSecret,
    redirect_url: `https://${values.domain}/oauth2/callback`,
    scope: "openid email",
    http_address: `127.0.0.1:${values.ports.oauth2Proxy}`,
    reverse_proxy: true,
    trusted_proxy_ips: ["127.0.0.1/32"],
    upstreams: ["static://202"],
    authenticated_emails_file: `${values.directory}/emails`,
    skip_provider_button: true,
    session_store_type: "cookie",
    cookie_secret: values.cookieSecret,
    cookie_secure: true,
    cookie_expire: "72h",
    cookie_refresh: "1h",
    cookie_name: "_hand_made",
  };
  // JSON's strings, arrays of them and booleans are TOML's.
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`)
    .join("");
}
