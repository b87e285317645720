PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);
INSERT INTO _sqlx_migrations VALUES(1,'initial','2026-11-26 10:34:05',1,X'8b9ad01339d63753eb77a5678e6acdaafd9735c149e1661332c1b34d87a3e7f0cdc8b5ddd991c37f9337839b659a3907',5770451);
CREATE TABLE events (
    id                  TEXT   NOT NULL PRIMARY KEY,
    accepted_at         BIGINT NOT NULL,
    outcome             TEXT   NOT NULL,
    harbor_host         TEXT   NOT NULL,
    project             TEXT   NOT NULL,
    repository          TEXT   NOT NULL,
    -- A JSON array of the versions that were news when the event came in.
    versions            TEXT   NOT NULL,
    registry            TEXT   NOT NULL,
    description         TEXT   NOT NULL,
    -- Unix seconds, as Harbor says it.
    execution_timestamp BIGINT NOT NULL,
    execution_id        BIGINT NOT NULL,
    occurred_at         BIGINT NOT NULL,
    payload             TEXT   NOT NULL,
    CONSTRAINT events_outcome_known CHECK (outcome IN ('succeeded', 'failed')),
    CONSTRAINT events_execution_after_1970 CHECK (execution_timestamp >= 0),
    CONSTRAINT events_repository_named CHECK (repository <> '')
);
INSERT INTO events VALUES('01a2176b-6cdb-7302-83cc-d48667a348f9',1795689245915,'succeeded','harbor.example.com','mars','mars/mars-api','["v1.2.3"]','aliyun-acr','阿里仓',1795689185,185,1795689221000,'{"event_data":{"replication":{"artifact_type":"artifact","authentication_type":"basic","description":"阿里仓","dest_resource":{"endpoint":"https://registry.example.net","namespace":"mars","registry_name":"aliyun-acr","registry_type":"ali-acr"},"execution_id":185,"execution_timestamp":1795689185,"harbor_hostname":"harbor.example.com","job_status":"Success","override_mode":true,"policy_creator":"admin","src_resource":{"endpoint":"https://harbor.example.com","namespace":"mars","registry_type":"harbor"},"successful_artifact":[{"name_tag":"mars-api [1 item(s) in total]","references":["v1.2.3"],"status":"Success","type":"artifact"}],"task_id":9185,"trigger_type":"EVENT"}},"occur_at":1795689221,"operator":"robot$ci","type":"REPLICATION"}');
INSERT INTO events VALUES('01a2176b-6d2c-74c2-9e6e-806b916c0291',1795689245996,'failed','harbor.example.com','mars','mars/mars-web','["v2.0.0"]','huawei-swr','华为仓',1795689186,186,1795689222000,'{"event_data":{"replication":{"artifact_type":"artifact","authentication_type":"basic","description":"华为仓","dest_resource":{"endpoint":"https://registry.example.net","namespace":"mars","registry_name":"huawei-swr","registry_type":"ali-acr"},"execution_id":186,"execution_timestamp":1795689186,"failed_artifact":[{"name_tag":"mars-web [1 item(s) in total]","references":["v2.0.0"],"status":"Error","type":"artifact"}],"harbor_hostname":"harbor.example.com","job_status":"Error","override_mode":true,"policy_creator":"admin","src_resource":{"endpoint":"https://harbor.example.com","namespace":"mars","registry_type":"harbor"},"task_id":9186,"trigger_type":"EVENT"}},"occur_at":1795689222,"operator":"robot$ci","type":"REPLICATION"}');
INSERT INTO events VALUES('01a2176b-7a09-7715-8ed3-258c21b04899',1795689249289,'succeeded','harbor.example.com','mars','mars/mars-web','["v2.0.0"]','huawei-swr','华为仓',1795689186,186,1795689222000,'{"event_data":{"replication":{"artifact_type":"artifact","authentication_type":"basic","description":"华为仓","dest_resource":{"endpoint":"https://registry.example.net","namespace":"mars","registry_name":"huawei-swr","registry_type":"ali-acr"},"execution_id":186,"execution_timestamp":1795689186,"harbor_hostname":"harbor.example.com","job_status":"Success","override_mode":true,"policy_creator":"admin","src_resource":{"endpoint":"https://harbor.example.com","namespace":"mars","registry_type":"harbor"},"successful_artifact":[{"name_tag":"mars-web [1 item(s) in total]","references":["v2.0.0"],"status":"Success","type":"artifact"}],"task_id":9186,"trigger_type":"EVENT"}},"occur_at":1795689222,"operator":"robot$ci","type":"REPLICATION"}');
INSERT INTO events VALUES('01a2176b-8713-73ed-aaeb-619e46b76ca8',1795689252627,'succeeded','harbor.example.com','venus','venus/api','["v3.1.0"]','aliyun-acr','阿里仓',1795689187,187,1795689223000,'{"event_data":{"replication":{"artifact_type":"artifact","authentication_type":"basic","description":"阿里仓","dest_resource":{"endpoint":"https://registry.example.net","namespace":"venus","registry_name":"aliyun-acr","registry_type":"ali-acr"},"execution_id":187,"execution_timestamp":1795689187,"harbor_hostname":"harbor.example.com","job_status":"Success","override_mode":true,"policy_creator":"admin","src_resource":{"endpoint":"https://harbor.example.com","namespace":"venus","registry_type":"harbor"},"successful_artifact":[{"name_tag":"api [1 item(s) in total]","references":["v3.1.0"],"status":"Success","type":"artifact"}],"task_id":9187,"trigger_type":"EVENT"}},"occur_at":1795689223,"operator":"robot$ci","type":"REPLICATION"}');
INSERT INTO events VALUES('01a2176b-8723-710b-96bf-59babc9fad05',1795689252643,'succeeded','harbor.example.com','venus','venus/web','["v3.1.0"]','aliyun-acr','阿里仓',1795689187,187,1795689223000,'{"event_data":{"replication":{"artifact_type":"artifact","authentication_type":"basic","description":"阿里仓","dest_resource":{"endpoint":"https://registry.example.net","namespace":"venus","registry_name":"aliyun-acr","registry_type":"ali-acr"},"execution_id":187,"execution_timestamp":1795689187,"harbor_hostname":"harbor.example.com","job_status":"Success","override_mode":true,"policy_creator":"admin","src_resource":{"endpoint":"https://harbor.example.com","namespace":"venus","registry_type":"harbor"},"successful_artifact":[{"name_tag":"web [1 item(s) in total]","references":["v3.1.0"],"status":"Success","type":"artifact"}],"task_id":9187,"trigger_type":"EVENT"}},"occur_at":1795689223,"operator":"robot$ci","type":"REPLICATION"}');
INSERT INTO events VALUES('01a2176b-873b-73ab-b0b7-43713f6d007b',1795689252667,'succeeded','harbor.example.com','venus','venus/auth','["v3.1.0"]','aliyun-acr','阿里仓',1795689187,187,1795689223000,'{"event_data":{"replication":{"artifact_type":"artifact","authentication_type":"basic","description":"阿里仓","dest_resource":{"endpoint":"https://registry.example.net","namespace":"venus","registry_name":"aliyun-acr","registry_type":"ali-acr"},"execution_id":187,"execution_timestamp":1795689187,"harbor_hostname":"harbor.example.com","job_status":"Success","override_mode":true,"policy_creator":"admin","src_resource":{"endpoint":"https://harbor.example.com","namespace":"venus","registry_type":"harbor"},"successful_artifact":[{"name_tag":"auth [1 item(s) in total]","references":["v3.1.0"],"status":"Success","type":"artifact"}],"task_id":9187,"trigger_type":"EVENT"}},"occur_at":1795689223,"operator":"robot$ci","type":"REPLICATION"}');
INSERT INTO events VALUES('01a2176b-8749-7082-b533-fe9927b29d9e',1795689252681,'succeeded','harbor.example.com','venus','venus/billing','["v3.1.0"]','huawei-swr','华为仓',1795689187,187,1795689223000,'{"event_data":{"replication":{"artifact_type":"artifact","authentication_type":"basic","description":"华为仓","dest_resource":{"endpoint":"https://registry.example.net","namespace":"venus","registry_name":"huawei-swr","registry_type":"ali-acr"},"execution_id":187,"execution_timestamp":1795689187,"harbor_hostname":"harbor.example.com","job_status":"Success","override_mode":true,"policy_creator":"admin","src_resource":{"endpoint":"https://harbor.example.com","namespace":"venus","registry_type":"harbor"},"successful_artifact":[{"name_tag":"billing [1 item(s) in total]","references":["v3.1.0"],"status":"Success","type":"artifact"}],"task_id":9187,"trigger_type":"EVENT"}},"occur_at":1795689223,"operator":"robot$ci","type":"REPLICATION"}');
INSERT INTO events VALUES('01a2176b-8758-7001-a574-61059011f27c',1795689252696,'succeeded','harbor.example.com','venus','venus/cart','["v3.1.0"]','aliyun-acr','阿里仓',1795689187,187,1795689223000,'{"event_data":{"replication":{"artifact_type":"artifact","authentication_type":"basic","description":"阿里仓","dest_resource":{"endpoint":"https://registry.example.net","namespace":"venus","registry_name":"aliyun-acr","registry_type":"ali-acr"},"execution_id":187,"execution_timestamp":1795689187,"harbor_hostname":"harbor.example.com","job_status":"Success","override_mode":true,"policy_creator":"admin","src_resource":{"endpoint":"https://harbor.example.com","namespace":"venus","registry_type":"harbor"},"successful_artifact":[{"name_tag":"cart [1 item(s) in total]","references":["v3.1.0"],"status":"Success","type":"artifact"}],"task_id":9187,"trigger_type":"EVENT"}},"occur_at":1795689223,"operator":"robot$ci","type":"REPLICATION"}');
INSERT INTO events VALUES('01a2176b-876b-7230-b25d-0f9caddb0e65',1795689252715,'succeeded','harbor.example.com','venus','venus/mail','["v3.1.0"]','aliyun-acr','阿里仓',1795689187,187,1795689223000,'{"event_data":{"replication":{"artifact_type":"artifact","authentication_type":"basic","description":"阿里仓","dest_resource":{"endpoint":"https://registry.example.net","namespace":"venus","registry_name":"aliyun-acr","registry_type":"ali-acr"},"execution_id":187,"execution_timestamp":1795689187,"harbor_hostname":"harbor.example.com","job_status":"Success","override_mode":true,"policy_creator":"admin","src_resource":{"endpoint":"https://harbor.example.com","namespace":"venus","registry_type":"harbor"},"successful_artifact":[{"name_tag":"mail [1 item(s) in total]","references":["v3.1.0"],"status":"Success","type":"artifact"}],"task_id":9187,"trigger_type":"EVENT"}},"occur_at":1795689223,"operator":"robot$ci","type":"REPLICATION"}');
INSERT INTO events VALUES('01a2176b-8778-762f-b2df-7ba4813be104',1795689252728,'succeeded','harbor.example.com','venus','venus/map','["v3.1.0"]','aliyun-acr','阿里仓',1795689187,187,1795689223000,'{"event_data":{"replication":{"artifact_type":"artifact","authentication_type":"basic","description":"阿里仓","dest_resource":{"endpoint":"https://registry.example.net","namespace":"venus","registry_name":"aliyun-acr","registry_type":"ali-acr"},"execution_id":187,"execution_timestamp":1795689187,"harbor_hostname":"harbor.example.com","job_status":"Success","override_mode":true,"policy_creator":"admin","src_resource":{"endpoint":"https://harbor.example.com","namespace":"venus","registry_type":"harbor"},"successful_artifact":[{"name_tag":"map [1 item(s) in total]","references":["v3.1.0"],"status":"Success","type":"artifact"}],"task_id":9187,"trigger_type":"EVENT"}},"occur_at":1795689223,"operator":"robot$ci","type":"REPLICATION"}');
INSERT INTO events VALUES('01a2176b-8785-742f-9015-d3f890a1dcda',1795689252741,'succeeded','harbor.example.com','venus','venus/queue','["v3.1.0"]','huawei-swr','华为仓',1795689187,187,1795689223000,'{"event_data":{"replication":{"artifact_type":"artifact","authentication_type":"basic","description":"华为仓","dest_resource":{"endpoint":"https://registry.example.net","namespace":"venus","registry_name":"huawei-swr","registry_type":"ali-acr"},"execution_id":187,"execution_timestamp":1795689187,"harbor_hostname":"harbor.example.com","job_status":"Success","override_mode":true,"policy_creator":"admin","src_resource":{"endpoint":"https://harbor.example.com","namespace":"venus","registry_type":"harbor"},"successful_artifact":[{"name_tag":"queue [1 item(s) in total]","references":["v3.1.0"],"status":"Success","type":"artifact"}],"task_id":9187,"trigger_type":"EVENT"}},"occur_at":1795689223,"operator":"robot$ci","type":"REPLICATION"}');
INSERT INTO events VALUES('01a2176b-8796-77a4-abbb-faf0201d49cf',1795689252758,'succeeded','harbor.example.com','venus','venus/search','["v3.1.0"]','huawei-swr','华为仓',1795689187,187,1795689223000,'{"event_data":{"replication":{"artifact_type":"artifact","authentication_type":"basic","description":"华为仓","dest_resource":{"endpoint":"https://registry.example.net","namespace":"venus","registry_name":"huawei-swr","registry_type":"ali-acr"},"execution_id":187,"execution_timestamp":1795689187,"harbor_hostname":"harbor.example.com","job_status":"Success","override_mode":true,"policy_creator":"admin","src_resource":{"endpoint":"https://harbor.example.com","namespace":"venus","registry_type":"harbor"},"successful_artifact":[{"name_tag":"search [1 item(s) in total]","references":["v3.1.0"],"status":"Success","type":"artifact"}],"task_id":9187,"trigger_type":"EVENT"}},"occur_at":1795689223,"operator":"robot$ci","type":"REPLICATION"}');
INSERT INTO events VALUES('01a2176b-87a4-73fd-93e5-7dd02206141e',1795689252772,'succeeded','harbor.example.com','venus','venus/stock','["v3.1.0"]','huawei-swr','华为仓',1795689187,187,1795689223000,'{"event_data":{"replication":{"artifact_type":"artifact","authentication_type":"basic","description":"华为仓","dest_resource":{"endpoint":"https://registry.example.net","namespace":"venus","registry_name":"huawei-swr","registry_type":"ali-acr"},"execution_id":187,"execution_timestamp":1795689187,"harbor_hostname":"harbor.example.com","job_status":"Success","override_mode":true,"policy_creator":"admin","src_resource":{"endpoint":"https://harbor.example.com","namespace":"venus","registry_type":"harbor"},"successful_artifact":[{"name_tag":"stock [1 item(s) in total]","references":["v3.1.0"],"status":"Success","type":"artifact"}],"task_id":9187,"trigger_type":"EVENT"}},"occur_at":1795689223,"operator":"robot$ci","type":"REPLICATION"}');
INSERT INTO events VALUES('01a2176b-87b1-7571-becd-76799d40990d',1795689252785,'succeeded','harbor.example.com','venus','venus/tax','["v3.1.0"]','aliyun-acr','阿里仓',1795689187,187,1795689223000,'{"event_data":{"replication":{"artifact_type":"artifact","authentication_type":"basic","description":"阿里仓","dest_resource":{"endpoint":"https://registry.example.net","namespace":"venus","registry_name":"aliyun-acr","registry_type":"ali-acr"},"execution_id":187,"execution_timestamp":1795689187,"harbor_hostname":"harbor.example.com","job_status":"Success","override_mode":true,"policy_creator":"admin","src_resource":{"endpoint":"https://harbor.example.com","namespace":"venus","registry_type":"harbor"},"successful_artifact":[{"name_tag":"tax [1 item(s) in total]","references":["v3.1.0"],"status":"Success","type":"artifact"}],"task_id":9187,"trigger_type":"EVENT"}},"occur_at":1795689223,"operator":"robot$ci","type":"REPLICATION"}');
INSERT INTO events VALUES('01a2176b-87be-737d-a66f-9868219a1998',1795689252798,'succeeded','harbor.example.com','venus','venus/user','["v3.1.0"]','aliyun-acr','阿里仓',1795689187,187,1795689223000,'{"event_data":{"replication":{"artifact_type":"artifact","authentication_type":"basic","description":"阿里仓","dest_resource":{"endpoint":"https://registry.example.net","namespace":"venus","registry_name":"aliyun-acr","registry_type":"ali-acr"},"execution_id":187,"execution_timestamp":1795689187,"harbor_hostname":"harbor.example.com","job_status":"Success","override_mode":true,"policy_creator":"admin","src_resource":{"endpoint":"https://harbor.example.com","namespace":"venus","registry_type":"harbor"},"successful_artifact":[{"name_tag":"user [1 item(s) in total]","references":["v3.1.0"],"status":"Success","type":"artifact"}],"task_id":9187,"trigger_type":"EVENT"}},"occur_at":1795689223,"operator":"robot$ci","type":"REPLICATION"}');
INSERT INTO events VALUES('01a2176b-bc5b-774e-a81e-a0acafe1190a',1795689266267,'succeeded','harbor.example.com','mars','mars/mars-api','["told-1.0"]','aliyun-acr','阿里仓 😀',1795689185,815,1795689221000,'{"type": "REPLICATION", "occur_at": 1795689221, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓 😀", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689185, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["told-1.0"]}], "execution_id": 815}}}');
INSERT INTO events VALUES('01a2176b-c8b1-75a6-8e57-d4fbd24d1cdd',1795689269425,'succeeded','harbor.example.com','mars','mars/mars-api','["old-harbor"]','aliyun-acr','阿里仓',1795689185,0,1795689221000,'{"type": "REPLICATION", "occur_at": 1795689221, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689185, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["old-harbor"]}]}}}');
INSERT INTO events VALUES('01a2176b-c95b-713b-8391-ee1158e0cf5f',1795689269595,'succeeded','harbor.example.com','mars','mars/mars-api','["rejected-1.0"]','aliyun-acr','阿里仓',1795689185,815,1795689221000,'{"type": "REPLICATION", "occur_at": 1795689221, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689185, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["rejected-1.0"]}], "execution_id": 815}}}');
INSERT INTO events VALUES('01a2176b-cd97-74c7-89a6-f60a967f7b83',1795689270679,'succeeded','harbor.example.com','mars','mars/mars-api','["hangs-1.0"]','aliyun-acr','阿里仓',1795689185,815,1795689221000,'{"type": "REPLICATION", "occur_at": 1795689221, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689185, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["hangs-1.0"]}], "execution_id": 815}}}');
INSERT INTO events VALUES('01a2176b-cde7-7790-8c95-e8d042cb4d5e',1795689270759,'succeeded','harbor.example.com','mars','mars/mars-api','["waits-1.0"]','华为','',1795689185,815,1795689221000,'{"type": "REPLICATION", "occur_at": 1795689221, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689185, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "华为", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["waits-1.0"]}], "execution_id": 815}}}');
CREATE TABLE arrivals (
    key      TEXT NOT NULL,
    outcome  TEXT NOT NULL,
    version  TEXT NOT NULL,
    event_id TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (key, outcome),
    CONSTRAINT arrivals_outcome_known CHECK (outcome IN ('succeeded', 'failed'))
);
INSERT INTO arrivals VALUES('1795689185-07e4dddc393e1d1b084ad7a745b62b9b5f3c87d3cfd64814a13085345145a730','succeeded','v1.2.3','01a2176b-6cdb-7302-83cc-d48667a348f9');
INSERT INTO arrivals VALUES('1795689186-20cd4378b6d10bacba0d2574fcccccbfe00007294ad5f15d2c74585ef8a45892','failed','v2.0.0','01a2176b-6d2c-74c2-9e6e-806b916c0291');
INSERT INTO arrivals VALUES('1795689186-20cd4378b6d10bacba0d2574fcccccbfe00007294ad5f15d2c74585ef8a45892','succeeded','v2.0.0','01a2176b-7a09-7715-8ed3-258c21b04899');
INSERT INTO arrivals VALUES('1795689187-a8d2d06833eb3a6768af9f672e0af696be00daabfa435afcb55f4184c05e61d1','succeeded','v3.1.0','01a2176b-8713-73ed-aaeb-619e46b76ca8');
INSERT INTO arrivals VALUES('1795689187-ccc7a27bd27a89e31084d918587bc63d97733e0592ed371e6b9e86d40b998bc1','succeeded','v3.1.0','01a2176b-8723-710b-96bf-59babc9fad05');
INSERT INTO arrivals VALUES('1795689187-df638b211e521e409bd7f7c02566c7a376b96da9e73036c7e0a538733508552f','succeeded','v3.1.0','01a2176b-873b-73ab-b0b7-43713f6d007b');
INSERT INTO arrivals VALUES('1795689187-92e1244639ec7daaad3f45a20e47079983e0d92e041920cafe5e0f021a79c6bc','succeeded','v3.1.0','01a2176b-8749-7082-b533-fe9927b29d9e');
INSERT INTO arrivals VALUES('1795689187-31d6877b7703f66e1d0408a16b6d0caf06ca092555998e9e6674d6f4b869d847','succeeded','v3.1.0','01a2176b-8758-7001-a574-61059011f27c');
INSERT INTO arrivals VALUES('1795689187-9f3b010e6f0b951094005310573490117b01e7da90135d6d01e7c3eedf93fdce','succeeded','v3.1.0','01a2176b-876b-7230-b25d-0f9caddb0e65');
INSERT INTO arrivals VALUES('1795689187-922be5e3b958a5ac199b8dcba8699e146db4fb6a1b82c1d285d177fadf9052bf','succeeded','v3.1.0','01a2176b-8778-762f-b2df-7ba4813be104');
INSERT INTO arrivals VALUES('1795689187-cedbb2bcbc682232ecbc9cd4259324f87a5f4e5b47b27e9f5cde670ca29ebed9','succeeded','v3.1.0','01a2176b-8785-742f-9015-d3f890a1dcda');
INSERT INTO arrivals VALUES('1795689187-1e0d9132153c7cd40135ed3d1cbbc7a3e2a10fb345ad4696880eb86073473a43','succeeded','v3.1.0','01a2176b-8796-77a4-abbb-faf0201d49cf');
INSERT INTO arrivals VALUES('1795689187-5513b653b677a92e29de8adad36b09ac299955f16faa7a41e8a3db1f2f16a960','succeeded','v3.1.0','01a2176b-87a4-73fd-93e5-7dd02206141e');
INSERT INTO arrivals VALUES('1795689187-9c11b55cd503a4d3482b225b3908fe0d3c0e6470fdefcabdedbcda6dec42329a','succeeded','v3.1.0','01a2176b-87b1-7571-becd-76799d40990d');
INSERT INTO arrivals VALUES('1795689187-ad584da922643d7675ec0baf255bd2465081a72e60a67e9f8d70c4861e91f26a','succeeded','v3.1.0','01a2176b-87be-737d-a66f-9868219a1998');
INSERT INTO arrivals VALUES('1795689185-71dc520be0e0e08bf732697fd63ed8c563d973997355194a25e55f9e30058605','succeeded','told-1.0','01a2176b-bc5b-774e-a81e-a0acafe1190a');
INSERT INTO arrivals VALUES('1795689185-856b925668dcaaabe3c36d9989ff4566f11634233655c4efa79f7d7c7a851b1f','succeeded','old-harbor','01a2176b-c8b1-75a6-8e57-d4fbd24d1cdd');
INSERT INTO arrivals VALUES('1795689185-000b7c50084f3f92514d54448ff514494dd0bfdf42d512240521a5e638e8c764','succeeded','rejected-1.0','01a2176b-c95b-713b-8391-ee1158e0cf5f');
INSERT INTO arrivals VALUES('1795689185-6919c50bcbe49aa3961059c30512d0ca53e33b0ed3cc27d9ceb0e4d0544a590f','succeeded','hangs-1.0','01a2176b-cd97-74c7-89a6-f60a967f7b83');
INSERT INTO arrivals VALUES('1795689185-386ab4218e2097bf523fbf234a2fdec8e5f7d0928483945e818295c310eb9e03','succeeded','waits-1.0','01a2176b-cde7-7790-8c95-e8d042cb4d5e');
CREATE TABLE deliveries (
    id              TEXT   NOT NULL PRIMARY KEY,
    event_id        TEXT   NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    robot           TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    -- Attempts on record, and those of them that ended in a retry since acceptance or replay.
    attempts        BIGINT NOT NULL,
    failures        BIGINT NOT NULL,
    batch_limit     BIGINT NOT NULL,
    -- 1: failed alone while its robot was well.
    suspect         BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    -- The clock of giving up: acceptance, or the last replay.
    tried_since     BIGINT NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    finished_at     BIGINT NOT NULL,
    last_error      TEXT   NOT NULL,
    CONSTRAINT deliveries_once_a_robot UNIQUE (event_id, robot),
    CONSTRAINT deliveries_state_known
        CHECK (state IN ('pending', 'sending', 'delivered', 'failed', 'superseded', 'discarded')),
    CONSTRAINT deliveries_finished_iff_final
        CHECK ((finished_at = 0) = (state IN ('pending', 'sending'))),
    CONSTRAINT deliveries_told_only_by_an_attempt
        CHECK (attempts > 0 OR state NOT IN ('sending', 'delivered', 'failed')),
    CONSTRAINT deliveries_batch_limit_positive CHECK (batch_limit > 0)
);
INSERT INTO deliveries VALUES('01a2176b-6cdb-7302-83cc-d485a8f7ad7e','01a2176b-6cdb-7302-83cc-d48667a348f9','default','delivered',1,0,128,0,1795689245915,1795689245915,0,1795689245934,'');
INSERT INTO deliveries VALUES('01a2176b-6d2c-74c2-9e6e-806ac79f6ba5','01a2176b-6d2c-74c2-9e6e-806b916c0291','default','delivered',1,0,128,0,1795689245996,1795689245996,0,1795689249275,'');
INSERT INTO deliveries VALUES('01a2176b-7a09-7715-8ed3-258b675cc4ce','01a2176b-7a09-7715-8ed3-258c21b04899','default','delivered',1,0,128,0,1795689249289,1795689249289,0,1795689252614,'');
INSERT INTO deliveries VALUES('01a2176b-8713-73ed-aaeb-619dc3ffbd8e','01a2176b-8713-73ed-aaeb-619e46b76ca8','default','delivered',3,2,128,0,1795689252627,1795689252627,0,1795689266037,'');
INSERT INTO deliveries VALUES('01a2176b-8723-710b-96bf-59b9928fa517','01a2176b-8723-710b-96bf-59babc9fad05','default','delivered',2,1,128,0,1795689252643,1795689252643,0,1795689262691,'');
INSERT INTO deliveries VALUES('01a2176b-873b-73ab-b0b7-4370cbce5e05','01a2176b-873b-73ab-b0b7-43713f6d007b','default','delivered',2,1,128,0,1795689252667,1795689252667,0,1795689266037,'');
INSERT INTO deliveries VALUES('01a2176b-8749-7082-b533-fe9813aae2b2','01a2176b-8749-7082-b533-fe9927b29d9e','default','delivered',2,1,128,0,1795689252681,1795689252681,0,1795689266037,'');
INSERT INTO deliveries VALUES('01a2176b-8758-7001-a574-610432bc095d','01a2176b-8758-7001-a574-61059011f27c','default','delivered',2,1,128,0,1795689252696,1795689252696,0,1795689266037,'');
INSERT INTO deliveries VALUES('01a2176b-876b-7230-b25d-0f9bf00a7f85','01a2176b-876b-7230-b25d-0f9caddb0e65','default','delivered',2,1,128,0,1795689252715,1795689252715,0,1795689266037,'');
INSERT INTO deliveries VALUES('01a2176b-8778-762f-b2df-7ba3b1eb0501','01a2176b-8778-762f-b2df-7ba4813be104','default','delivered',2,1,128,0,1795689252728,1795689252728,0,1795689266037,'');
INSERT INTO deliveries VALUES('01a2176b-8785-742f-9015-d3f70ec8a865','01a2176b-8785-742f-9015-d3f890a1dcda','default','delivered',2,1,128,0,1795689252741,1795689252741,0,1795689266037,'');
INSERT INTO deliveries VALUES('01a2176b-8796-77a4-abbb-faefdaaaada1','01a2176b-8796-77a4-abbb-faf0201d49cf','default','delivered',2,1,128,0,1795689252758,1795689252758,0,1795689266037,'');
INSERT INTO deliveries VALUES('01a2176b-87a4-73fd-93e5-7dcf02284266','01a2176b-87a4-73fd-93e5-7dd02206141e','default','delivered',2,1,128,0,1795689252772,1795689252772,0,1795689266037,'');
INSERT INTO deliveries VALUES('01a2176b-87b1-7571-becd-767838080523','01a2176b-87b1-7571-becd-76799d40990d','default','delivered',2,1,128,0,1795689252785,1795689252785,0,1795689266037,'');
INSERT INTO deliveries VALUES('01a2176b-87be-737d-a66f-9867776562c7','01a2176b-87be-737d-a66f-9868219a1998','default','delivered',2,1,128,0,1795689252798,1795689252798,0,1795689266037,'');
INSERT INTO deliveries VALUES('01a2176b-bc5b-774e-a81e-a0abfa88bac9','01a2176b-bc5b-774e-a81e-a0acafe1190a','default','delivered',2,0,128,0,1795689266267,1795689269738,0,1795689270667,'');
INSERT INTO deliveries VALUES('01a2176b-c8b1-75a6-8e57-d4fab6da0d14','01a2176b-c8b1-75a6-8e57-d4fbd24d1cdd','default','delivered',1,0,128,0,1795689269425,1795689269425,0,1795689269463,'');
INSERT INTO deliveries VALUES('01a2176b-c95b-713b-8391-ee1096d9bad7','01a2176b-c95b-713b-8391-ee1158e0cf5f','default','failed',1,0,128,0,1795689269595,1795689269595,0,1795689269645,'errcode 40008: invalid message type');
INSERT INTO deliveries VALUES('01a2176b-cd97-74c7-89a6-f60961a92359','01a2176b-cd97-74c7-89a6-f60a967f7b83','default','sending',1,0,128,0,1795689270679,1795689270679,1795689270679,0,'');
INSERT INTO deliveries VALUES('01a2176b-cde7-7790-8c95-e8cf37adb769','01a2176b-cde7-7790-8c95-e8d042cb4d5e','default','pending',0,0,128,0,1795689270759,1795689270759,1795689270759,0,'');
CREATE TABLE messages (
    id          TEXT   NOT NULL PRIMARY KEY,
    robot       TEXT   NOT NULL,
    body        TEXT   NOT NULL,
    started_at  BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    outcome     TEXT   NOT NULL,
    -- 0: no HTTP answer came.
    http_status BIGINT NOT NULL,
    -- NULL: the answer had none; every number is a code that WeCom may use.
    errcode     BIGINT,
    errmsg      TEXT   NOT NULL,
    CONSTRAINT messages_outcome_known
        CHECK (outcome IN ('in_flight', 'delivered', 'retry', 'ambiguous', 'throttled', 'robot_broken',
                           'rejected', 'unknown'))
);
INSERT INTO messages VALUES('01a2176b-6ce0-7103-907f-c1becd3022f1','default','{"markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像:`mars/mars-api`\n> 版本:`v1.2.3`\n> 时间:2026-11-26 18:33:41(用时 36秒)"},"msgtype":"markdown"}',1795689245920,14,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-79f7-7452-a6d6-7a09ea98cf01','default','{"markdown":{"content":"**镜像入仓** <font color=\"warning\">失败</font> 华为仓\n> 镜像:`mars/mars-web`\n> 版本:`v2.0.0`\n> 时间:2026-11-26 18:33:42\n> [查看 Harbor 执行记录](https://harbor.example.com/harbor/replications/186/tasks)"},"msgtype":"markdown"}',1795689249271,4,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-8704-736a-a703-a219ea2b8af9','default','{"markdown":{"content":"**镜像入仓** <font color=\"info\">重试后成功</font> 华为仓\n> 镜像:`mars/mars-web`\n> 版本:`v2.0.0`\n> 时间:2026-11-26 18:33:42(用时 36秒)"},"msgtype":"markdown"}',1795689252612,2,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-9410-73bd-a933-5cd6a2db9fd8','default','{"markdown":{"content":"**镜像入仓** 成功 12\n<font color=\"info\">成功</font> 阿里仓\n> `venus/api` `v3.1.0` 18:33:43\n> `venus/web` `v3.1.0` 18:33:43\n> `venus/auth` `v3.1.0` 18:33:43\n> `venus/cart` `v3.1.0` 18:33:43\n> `venus/mail` `v3.1.0` 18:33:43\n> `venus/map` `v3.1.0` 18:33:43\n> `venus/tax` `v3.1.0` 18:33:43\n> `venus/user` `v3.1.0` 18:33:43\n<font color=\"info\">成功</font> 华为仓\n> `venus/billing` `v3.1.0` 18:33:43\n> `venus/queue` `v3.1.0` 18:33:43\n> `venus/search` `v3.1.0` 18:33:43\n> `venus/stock` `v3.1.0` 18:33:43"},"msgtype":"markdown"}',1795689255952,12,'retry',0,NULL,'cannot connect to WeCom: client error (Connect): tcp connect error: Connection refused (os error 111)');
INSERT INTO messages VALUES('01a2176b-a126-7513-bf10-d095ad0299cf','default','{"markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像:`venus/api`\n> 版本:`v3.1.0`\n> 时间:2026-11-26 18:33:43(用时 36秒)"},"msgtype":"markdown"}',1795689259302,2,'retry',0,NULL,'cannot connect to WeCom: client error (Connect): tcp connect error: Connection refused (os error 111)');
INSERT INTO messages VALUES('01a2176b-ae61-73d9-9963-bdcfa25aeb4c','default','{"markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像:`venus/web`\n> 版本:`v3.1.0`\n> 时间:2026-11-26 18:33:43(用时 36秒)"},"msgtype":"markdown"}',1795689262689,2,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-bb6f-766d-8928-e2b89b6d3cfc','default','{"markdown":{"content":"**镜像入仓** 成功 11\n<font color=\"info\">成功</font> 阿里仓\n> `venus/api` `v3.1.0` 18:33:43\n> `venus/auth` `v3.1.0` 18:33:43\n> `venus/cart` `v3.1.0` 18:33:43\n> `venus/mail` `v3.1.0` 18:33:43\n> `venus/map` `v3.1.0` 18:33:43\n> `venus/tax` `v3.1.0` 18:33:43\n> `venus/user` `v3.1.0` 18:33:43\n<font color=\"info\">成功</font> 华为仓\n> `venus/billing` `v3.1.0` 18:33:43\n> `venus/queue` `v3.1.0` 18:33:43\n> `venus/search` `v3.1.0` 18:33:43\n> `venus/stock` `v3.1.0` 18:33:43"},"msgtype":"markdown"}',1795689266032,5,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-c880-71f6-9a51-a1396f5d19ea','default','{"markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓 😀\n> 镜像:`mars/mars-api`\n> 版本:`told-1.0`\n> 时间:2026-11-26 18:33:41(用时 36秒)"},"msgtype":"markdown"}',1795689269377,4,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-c8c6-7454-aa35-e7f282f061b7','default','{"markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像:`mars/mars-api`\n> 版本:`old-harbor`\n> 时间:2026-11-26 18:33:41(用时 36秒)"},"msgtype":"markdown"}',1795689269448,15,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-c979-738d-b7fb-1d007f9a4ff0','default','{"markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像:`mars/mars-api`\n> 版本:`rejected-1.0`\n> 时间:2026-11-26 18:33:41(用时 36秒)"},"msgtype":"markdown"}',1795689269630,15,'rejected',200,40008,'invalid message type');
INSERT INTO messages VALUES('01a2176b-cd7d-73bf-b8f3-8ee3ad69806d','default','{"markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓 😀\n> 镜像:`mars/mars-api`\n> 版本:`told-1.0`\n> 时间:2026-11-26 18:33:41(用时 36秒)"},"msgtype":"markdown"}',1795689270653,14,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-cda0-7165-9763-0cf64c1186bb','default','{"markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像:`mars/mars-api`\n> 版本:`hangs-1.0`\n> 时间:2026-11-26 18:33:41(用时 36秒)"},"msgtype":"markdown"}',1795689270690,0,'in_flight',0,NULL,'');
CREATE TABLE attempts (
    delivery_id TEXT   NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    number      BIGINT NOT NULL,
    message_id  TEXT   NOT NULL REFERENCES messages (id),
    PRIMARY KEY (delivery_id, number)
);
INSERT INTO attempts VALUES('01a2176b-6cdb-7302-83cc-d485a8f7ad7e',1,'01a2176b-6ce0-7103-907f-c1becd3022f1');
INSERT INTO attempts VALUES('01a2176b-6d2c-74c2-9e6e-806ac79f6ba5',1,'01a2176b-79f7-7452-a6d6-7a09ea98cf01');
INSERT INTO attempts VALUES('01a2176b-7a09-7715-8ed3-258b675cc4ce',1,'01a2176b-8704-736a-a703-a219ea2b8af9');
INSERT INTO attempts VALUES('01a2176b-8713-73ed-aaeb-619dc3ffbd8e',1,'01a2176b-9410-73bd-a933-5cd6a2db9fd8');
INSERT INTO attempts VALUES('01a2176b-8723-710b-96bf-59b9928fa517',1,'01a2176b-9410-73bd-a933-5cd6a2db9fd8');
INSERT INTO attempts VALUES('01a2176b-873b-73ab-b0b7-4370cbce5e05',1,'01a2176b-9410-73bd-a933-5cd6a2db9fd8');
INSERT INTO attempts VALUES('01a2176b-8749-7082-b533-fe9813aae2b2',1,'01a2176b-9410-73bd-a933-5cd6a2db9fd8');
INSERT INTO attempts VALUES('01a2176b-8758-7001-a574-610432bc095d',1,'01a2176b-9410-73bd-a933-5cd6a2db9fd8');
INSERT INTO attempts VALUES('01a2176b-876b-7230-b25d-0f9bf00a7f85',1,'01a2176b-9410-73bd-a933-5cd6a2db9fd8');
INSERT INTO attempts VALUES('01a2176b-8778-762f-b2df-7ba3b1eb0501',1,'01a2176b-9410-73bd-a933-5cd6a2db9fd8');
INSERT INTO attempts VALUES('01a2176b-8785-742f-9015-d3f70ec8a865',1,'01a2176b-9410-73bd-a933-5cd6a2db9fd8');
INSERT INTO attempts VALUES('01a2176b-8796-77a4-abbb-faefdaaaada1',1,'01a2176b-9410-73bd-a933-5cd6a2db9fd8');
INSERT INTO attempts VALUES('01a2176b-87a4-73fd-93e5-7dcf02284266',1,'01a2176b-9410-73bd-a933-5cd6a2db9fd8');
INSERT INTO attempts VALUES('01a2176b-87b1-7571-becd-767838080523',1,'01a2176b-9410-73bd-a933-5cd6a2db9fd8');
INSERT INTO attempts VALUES('01a2176b-87be-737d-a66f-9867776562c7',1,'01a2176b-9410-73bd-a933-5cd6a2db9fd8');
INSERT INTO attempts VALUES('01a2176b-8713-73ed-aaeb-619dc3ffbd8e',2,'01a2176b-a126-7513-bf10-d095ad0299cf');
INSERT INTO attempts VALUES('01a2176b-8723-710b-96bf-59b9928fa517',2,'01a2176b-ae61-73d9-9963-bdcfa25aeb4c');
INSERT INTO attempts VALUES('01a2176b-8713-73ed-aaeb-619dc3ffbd8e',3,'01a2176b-bb6f-766d-8928-e2b89b6d3cfc');
INSERT INTO attempts VALUES('01a2176b-873b-73ab-b0b7-4370cbce5e05',2,'01a2176b-bb6f-766d-8928-e2b89b6d3cfc');
INSERT INTO attempts VALUES('01a2176b-8749-7082-b533-fe9813aae2b2',2,'01a2176b-bb6f-766d-8928-e2b89b6d3cfc');
INSERT INTO attempts VALUES('01a2176b-8758-7001-a574-610432bc095d',2,'01a2176b-bb6f-766d-8928-e2b89b6d3cfc');
INSERT INTO attempts VALUES('01a2176b-876b-7230-b25d-0f9bf00a7f85',2,'01a2176b-bb6f-766d-8928-e2b89b6d3cfc');
INSERT INTO attempts VALUES('01a2176b-8778-762f-b2df-7ba3b1eb0501',2,'01a2176b-bb6f-766d-8928-e2b89b6d3cfc');
INSERT INTO attempts VALUES('01a2176b-8785-742f-9015-d3f70ec8a865',2,'01a2176b-bb6f-766d-8928-e2b89b6d3cfc');
INSERT INTO attempts VALUES('01a2176b-8796-77a4-abbb-faefdaaaada1',2,'01a2176b-bb6f-766d-8928-e2b89b6d3cfc');
INSERT INTO attempts VALUES('01a2176b-87a4-73fd-93e5-7dcf02284266',2,'01a2176b-bb6f-766d-8928-e2b89b6d3cfc');
INSERT INTO attempts VALUES('01a2176b-87b1-7571-becd-767838080523',2,'01a2176b-bb6f-766d-8928-e2b89b6d3cfc');
INSERT INTO attempts VALUES('01a2176b-87be-737d-a66f-9867776562c7',2,'01a2176b-bb6f-766d-8928-e2b89b6d3cfc');
INSERT INTO attempts VALUES('01a2176b-bc5b-774e-a81e-a0abfa88bac9',1,'01a2176b-c880-71f6-9a51-a1396f5d19ea');
INSERT INTO attempts VALUES('01a2176b-c8b1-75a6-8e57-d4fab6da0d14',1,'01a2176b-c8c6-7454-aa35-e7f282f061b7');
INSERT INTO attempts VALUES('01a2176b-c95b-713b-8391-ee1096d9bad7',1,'01a2176b-c979-738d-b7fb-1d007f9a4ff0');
INSERT INTO attempts VALUES('01a2176b-bc5b-774e-a81e-a0abfa88bac9',2,'01a2176b-cd7d-73bf-b8f3-8ee3ad69806d');
INSERT INTO attempts VALUES('01a2176b-cd97-74c7-89a6-f60961a92359',1,'01a2176b-cda0-7165-9763-0cf64c1186bb');
CREATE TABLE robots (
    name          TEXT   NOT NULL PRIMARY KEY,
    failures      BIGINT NOT NULL,
    failing_since BIGINT NOT NULL,
    -- 1: WeCom refused the key or the robot, and no message has passed since.
    broken        BIGINT NOT NULL,
    pause         TEXT   NOT NULL,
    paused_until  BIGINT NOT NULL,
    last_error    TEXT   NOT NULL,
    next_slot_at  BIGINT NOT NULL,
    -- A test message that somebody asked for: the id it will have; '' for none.
    test_id       TEXT   NOT NULL,
    -- The process that may send for this robot, and until when.
    lease_owner   TEXT   NOT NULL,
    lease_until   BIGINT NOT NULL,
    CONSTRAINT robots_pause_known CHECK (pause IN ('none', 'retry', 'throttled', 'broken')),
    CONSTRAINT robots_failing_iff_counted CHECK ((failures = 0) = (failing_since = 0))
);
INSERT INTO robots VALUES('default',0,0,0,'none',0,'',1795689270690,'','01a2176b-bc2f-77c8-8fbd-55bcf31f0f59',1795689300690);
CREATE INDEX arrivals_of_event ON arrivals (event_id);
CREATE INDEX deliveries_waiting ON deliveries (robot, id) WHERE state = 'pending';
CREATE INDEX deliveries_due ON deliveries (robot, next_attempt_at) WHERE state = 'pending';
CREATE UNIQUE INDEX messages_one_in_flight ON messages (robot) WHERE outcome = 'in_flight';
CREATE INDEX attempts_of_message ON attempts (message_id);
COMMIT;
