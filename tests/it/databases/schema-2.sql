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
INSERT INTO _sqlx_migrations VALUES(1,'initial','2026-11-26 10:34:06',1,X'8b9ad01339d63753eb77a5678e6acdaafd9735c149e1661332c1b34d87a3e7f0cdc8b5ddd991c37f9337839b659a3907',6376085);
INSERT INTO _sqlx_migrations VALUES(2,'looking','2026-11-26 10:34:06',1,X'b9d54516ded6f3b204ce8c6335cbefeee918d95b2e82cdef74d49fe842bad4da16550fd747d771262a7f8146353f9d2d',7057361);
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
INSERT INTO events VALUES('01a2176b-70c0-75bd-a84a-a4587449b0d8',1795689246912,'succeeded','harbor.example.com','mars','mars/mars-api','["v1.2.3"]','aliyun-acr','阿里仓',1795689186,186,1795689222000,'{"type":"REPLICATION","occur_at":1795689222,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689186,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":186,"task_id":9186,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mars-api [1 item(s) in total]","references":["v1.2.3"]}]}}}');
INSERT INTO events VALUES('01a2176b-70f3-7179-8688-116f0d4dd45e',1795689246963,'failed','harbor.example.com','mars','mars/mars-web','["v2.0.0"]','huawei-swr','华为仓',1795689187,187,1795689223000,'{"type":"REPLICATION","occur_at":1795689223,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Error","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689187,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":187,"task_id":9187,"failed_artifact":[{"type":"artifact","status":"Error","name_tag":"mars-web [1 item(s) in total]","references":["v2.0.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-7dde-7381-be1b-a074c0c9e370',1795689250270,'succeeded','harbor.example.com','mars','mars/mars-web','["v2.0.0"]','huawei-swr','华为仓',1795689187,187,1795689223000,'{"type":"REPLICATION","occur_at":1795689223,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689187,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":187,"task_id":9187,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mars-web [1 item(s) in total]","references":["v2.0.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8aeb-778e-a522-8dd40b475e8e',1795689253611,'succeeded','harbor.example.com','venus','venus/api','["v3.1.0"]','aliyun-acr','阿里仓',1795689188,188,1795689224000,'{"type":"REPLICATION","occur_at":1795689224,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689188,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":188,"task_id":9188,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"api [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8af9-73ee-a1ee-75146f68482e',1795689253625,'succeeded','harbor.example.com','venus','venus/web','["v3.1.0"]','aliyun-acr','阿里仓',1795689188,188,1795689224000,'{"type":"REPLICATION","occur_at":1795689224,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689188,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":188,"task_id":9188,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"web [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8b06-7327-9557-a2e7a4a650b6',1795689253638,'succeeded','harbor.example.com','venus','venus/auth','["v3.1.0"]','aliyun-acr','阿里仓',1795689188,188,1795689224000,'{"type":"REPLICATION","occur_at":1795689224,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689188,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":188,"task_id":9188,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"auth [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8b13-7175-9f50-7cd8abcf609a',1795689253651,'succeeded','harbor.example.com','venus','venus/billing','["v3.1.0"]','huawei-swr','华为仓',1795689188,188,1795689224000,'{"type":"REPLICATION","occur_at":1795689224,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689188,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":188,"task_id":9188,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"billing [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8b20-7609-a6e4-3e8a5fdf5628',1795689253664,'succeeded','harbor.example.com','venus','venus/cart','["v3.1.0"]','aliyun-acr','阿里仓',1795689188,188,1795689224000,'{"type":"REPLICATION","occur_at":1795689224,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689188,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":188,"task_id":9188,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"cart [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8b33-7263-a5b8-bb6a72f5e860',1795689253683,'succeeded','harbor.example.com','venus','venus/mail','["v3.1.0"]','aliyun-acr','阿里仓',1795689188,188,1795689224000,'{"type":"REPLICATION","occur_at":1795689224,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689188,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":188,"task_id":9188,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mail [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8b40-71d6-a057-0e1a5e1a8e10',1795689253696,'succeeded','harbor.example.com','venus','venus/map','["v3.1.0"]','aliyun-acr','阿里仓',1795689188,188,1795689224000,'{"type":"REPLICATION","occur_at":1795689224,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689188,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":188,"task_id":9188,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"map [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8b52-7442-a8b0-f20f28fde84b',1795689253714,'succeeded','harbor.example.com','venus','venus/queue','["v3.1.0"]','huawei-swr','华为仓',1795689188,188,1795689224000,'{"type":"REPLICATION","occur_at":1795689224,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689188,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":188,"task_id":9188,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"queue [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8b62-75d2-9d96-670f2471e6b5',1795689253730,'succeeded','harbor.example.com','venus','venus/search','["v3.1.0"]','huawei-swr','华为仓',1795689188,188,1795689224000,'{"type":"REPLICATION","occur_at":1795689224,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689188,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":188,"task_id":9188,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"search [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8b6f-71d5-b44d-f4b380ba65ce',1795689253743,'succeeded','harbor.example.com','venus','venus/stock','["v3.1.0"]','huawei-swr','华为仓',1795689188,188,1795689224000,'{"type":"REPLICATION","occur_at":1795689224,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689188,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":188,"task_id":9188,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"stock [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8b7c-75a5-88eb-2098745e9dbc',1795689253756,'succeeded','harbor.example.com','venus','venus/tax','["v3.1.0"]','aliyun-acr','阿里仓',1795689188,188,1795689224000,'{"type":"REPLICATION","occur_at":1795689224,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689188,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":188,"task_id":9188,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"tax [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8b8a-74fd-8d1b-6952ab19c6d3',1795689253770,'succeeded','harbor.example.com','venus','venus/user','["v3.1.0"]','aliyun-acr','阿里仓',1795689188,188,1795689224000,'{"type":"REPLICATION","occur_at":1795689224,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689188,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":188,"task_id":9188,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"user [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-c015-7508-819f-9aa80af37170',1795689267221,'succeeded','harbor.example.com','mars','mars/mars-api','["told-1.0"]','aliyun-acr','阿里仓 😀',1795689186,815,1795689222000,'{"type": "REPLICATION", "occur_at": 1795689222, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓 😀", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689186, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["told-1.0"]}], "execution_id": 815}}}');
INSERT INTO events VALUES('01a2176b-cc4c-74c4-a588-782f5dfad391',1795689270348,'succeeded','harbor.example.com','mars','mars/mars-api','["old-harbor"]','aliyun-acr','阿里仓',1795689186,0,1795689222000,'{"type": "REPLICATION", "occur_at": 1795689222, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689186, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["old-harbor"]}]}}}');
INSERT INTO events VALUES('01a2176b-cc97-762f-8db9-97aad807a7cf',1795689270423,'succeeded','harbor.example.com','mars','mars/mars-api','["rejected-1.0"]','aliyun-acr','阿里仓',1795689186,815,1795689222000,'{"type": "REPLICATION", "occur_at": 1795689222, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689186, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["rejected-1.0"]}], "execution_id": 815}}}');
INSERT INTO events VALUES('01a2176b-d0da-7134-bd16-df3581efda10',1795689271514,'succeeded','harbor.example.com','mars','mars/mars-api','["hangs-1.0"]','aliyun-acr','阿里仓',1795689186,815,1795689222000,'{"type": "REPLICATION", "occur_at": 1795689222, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689186, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["hangs-1.0"]}], "execution_id": 815}}}');
INSERT INTO events VALUES('01a2176b-d130-7052-8692-9c1332739e92',1795689271600,'succeeded','harbor.example.com','mars','mars/mars-api','["waits-1.0"]','华为','',1795689186,815,1795689222000,'{"type": "REPLICATION", "occur_at": 1795689222, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689186, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "华为", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["waits-1.0"]}], "execution_id": 815}}}');
INSERT INTO events VALUES('01a2176b-d139-7609-aa00-1ef7a0cc5bd4',1795689271609,'succeeded','harbor.example.com','mars','mars/mars-api','["discarded-1.0"]','aliyun-acr','阿里仓',1795689186,815,1795689222000,'{"type": "REPLICATION", "occur_at": 1795689222, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689186, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["discarded-1.0"]}], "execution_id": 815}}}');
CREATE TABLE arrivals (
    key      TEXT NOT NULL,
    outcome  TEXT NOT NULL,
    version  TEXT NOT NULL,
    event_id TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (key, outcome),
    CONSTRAINT arrivals_outcome_known CHECK (outcome IN ('succeeded', 'failed'))
);
INSERT INTO arrivals VALUES('1795689186-07e4dddc393e1d1b084ad7a745b62b9b5f3c87d3cfd64814a13085345145a730','succeeded','v1.2.3','01a2176b-70c0-75bd-a84a-a4587449b0d8');
INSERT INTO arrivals VALUES('1795689187-20cd4378b6d10bacba0d2574fcccccbfe00007294ad5f15d2c74585ef8a45892','failed','v2.0.0','01a2176b-70f3-7179-8688-116f0d4dd45e');
INSERT INTO arrivals VALUES('1795689187-20cd4378b6d10bacba0d2574fcccccbfe00007294ad5f15d2c74585ef8a45892','succeeded','v2.0.0','01a2176b-7dde-7381-be1b-a074c0c9e370');
INSERT INTO arrivals VALUES('1795689188-a8d2d06833eb3a6768af9f672e0af696be00daabfa435afcb55f4184c05e61d1','succeeded','v3.1.0','01a2176b-8aeb-778e-a522-8dd40b475e8e');
INSERT INTO arrivals VALUES('1795689188-ccc7a27bd27a89e31084d918587bc63d97733e0592ed371e6b9e86d40b998bc1','succeeded','v3.1.0','01a2176b-8af9-73ee-a1ee-75146f68482e');
INSERT INTO arrivals VALUES('1795689188-df638b211e521e409bd7f7c02566c7a376b96da9e73036c7e0a538733508552f','succeeded','v3.1.0','01a2176b-8b06-7327-9557-a2e7a4a650b6');
INSERT INTO arrivals VALUES('1795689188-92e1244639ec7daaad3f45a20e47079983e0d92e041920cafe5e0f021a79c6bc','succeeded','v3.1.0','01a2176b-8b13-7175-9f50-7cd8abcf609a');
INSERT INTO arrivals VALUES('1795689188-31d6877b7703f66e1d0408a16b6d0caf06ca092555998e9e6674d6f4b869d847','succeeded','v3.1.0','01a2176b-8b20-7609-a6e4-3e8a5fdf5628');
INSERT INTO arrivals VALUES('1795689188-9f3b010e6f0b951094005310573490117b01e7da90135d6d01e7c3eedf93fdce','succeeded','v3.1.0','01a2176b-8b33-7263-a5b8-bb6a72f5e860');
INSERT INTO arrivals VALUES('1795689188-922be5e3b958a5ac199b8dcba8699e146db4fb6a1b82c1d285d177fadf9052bf','succeeded','v3.1.0','01a2176b-8b40-71d6-a057-0e1a5e1a8e10');
INSERT INTO arrivals VALUES('1795689188-cedbb2bcbc682232ecbc9cd4259324f87a5f4e5b47b27e9f5cde670ca29ebed9','succeeded','v3.1.0','01a2176b-8b52-7442-a8b0-f20f28fde84b');
INSERT INTO arrivals VALUES('1795689188-1e0d9132153c7cd40135ed3d1cbbc7a3e2a10fb345ad4696880eb86073473a43','succeeded','v3.1.0','01a2176b-8b62-75d2-9d96-670f2471e6b5');
INSERT INTO arrivals VALUES('1795689188-5513b653b677a92e29de8adad36b09ac299955f16faa7a41e8a3db1f2f16a960','succeeded','v3.1.0','01a2176b-8b6f-71d5-b44d-f4b380ba65ce');
INSERT INTO arrivals VALUES('1795689188-9c11b55cd503a4d3482b225b3908fe0d3c0e6470fdefcabdedbcda6dec42329a','succeeded','v3.1.0','01a2176b-8b7c-75a5-88eb-2098745e9dbc');
INSERT INTO arrivals VALUES('1795689188-ad584da922643d7675ec0baf255bd2465081a72e60a67e9f8d70c4861e91f26a','succeeded','v3.1.0','01a2176b-8b8a-74fd-8d1b-6952ab19c6d3');
INSERT INTO arrivals VALUES('1795689186-71dc520be0e0e08bf732697fd63ed8c563d973997355194a25e55f9e30058605','succeeded','told-1.0','01a2176b-c015-7508-819f-9aa80af37170');
INSERT INTO arrivals VALUES('1795689186-856b925668dcaaabe3c36d9989ff4566f11634233655c4efa79f7d7c7a851b1f','succeeded','old-harbor','01a2176b-cc4c-74c4-a588-782f5dfad391');
INSERT INTO arrivals VALUES('1795689186-000b7c50084f3f92514d54448ff514494dd0bfdf42d512240521a5e638e8c764','succeeded','rejected-1.0','01a2176b-cc97-762f-8db9-97aad807a7cf');
INSERT INTO arrivals VALUES('1795689186-6919c50bcbe49aa3961059c30512d0ca53e33b0ed3cc27d9ceb0e4d0544a590f','succeeded','hangs-1.0','01a2176b-d0da-7134-bd16-df3581efda10');
INSERT INTO arrivals VALUES('1795689186-386ab4218e2097bf523fbf234a2fdec8e5f7d0928483945e818295c310eb9e03','succeeded','waits-1.0','01a2176b-d130-7052-8692-9c1332739e92');
INSERT INTO arrivals VALUES('1795689186-887cd373918867b696db2a5770f0af61456f71c202aad7cd12f31e1bef0f2187','succeeded','discarded-1.0','01a2176b-d139-7609-aa00-1ef7a0cc5bd4');
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
INSERT INTO deliveries VALUES('01a2176b-70c0-75bd-a84a-a4578a7c12cd','01a2176b-70c0-75bd-a84a-a4587449b0d8','default','delivered',1,0,128,0,1795689246912,1795689246912,0,1795689246917,'');
INSERT INTO deliveries VALUES('01a2176b-70f3-7179-8688-116e9f48337a','01a2176b-70f3-7179-8688-116f0d4dd45e','default','delivered',1,0,128,0,1795689246963,1795689246963,0,1795689250258,'');
INSERT INTO deliveries VALUES('01a2176b-7dde-7381-be1b-a073377e8ce2','01a2176b-7dde-7381-be1b-a074c0c9e370','default','delivered',1,0,128,0,1795689250270,1795689250270,0,1795689253598,'');
INSERT INTO deliveries VALUES('01a2176b-8aeb-778e-a522-8dd353b58ca9','01a2176b-8aeb-778e-a522-8dd40b475e8e','default','delivered',3,2,128,0,1795689253611,1795689253611,0,1795689266955,'');
INSERT INTO deliveries VALUES('01a2176b-8af9-73ee-a1ee-751353f756d9','01a2176b-8af9-73ee-a1ee-75146f68482e','default','delivered',2,1,128,0,1795689253625,1795689253625,0,1795689263615,'');
INSERT INTO deliveries VALUES('01a2176b-8b06-7327-9557-a2e6047038f1','01a2176b-8b06-7327-9557-a2e7a4a650b6','default','delivered',2,1,128,0,1795689253638,1795689253638,0,1795689266955,'');
INSERT INTO deliveries VALUES('01a2176b-8b13-7175-9f50-7cd74094f97d','01a2176b-8b13-7175-9f50-7cd8abcf609a','default','delivered',2,1,128,0,1795689253651,1795689253651,0,1795689266955,'');
INSERT INTO deliveries VALUES('01a2176b-8b20-7609-a6e4-3e89db471bd4','01a2176b-8b20-7609-a6e4-3e8a5fdf5628','default','delivered',2,1,128,0,1795689253664,1795689253664,0,1795689266955,'');
INSERT INTO deliveries VALUES('01a2176b-8b33-7263-a5b8-bb69c68e1a80','01a2176b-8b33-7263-a5b8-bb6a72f5e860','default','delivered',2,1,128,0,1795689253683,1795689253683,0,1795689266955,'');
INSERT INTO deliveries VALUES('01a2176b-8b40-71d6-a057-0e1967fefa82','01a2176b-8b40-71d6-a057-0e1a5e1a8e10','default','delivered',2,1,128,0,1795689253696,1795689253696,0,1795689266955,'');
INSERT INTO deliveries VALUES('01a2176b-8b52-7442-a8b0-f20e67530c44','01a2176b-8b52-7442-a8b0-f20f28fde84b','default','delivered',2,1,128,0,1795689253714,1795689253714,0,1795689266955,'');
INSERT INTO deliveries VALUES('01a2176b-8b62-75d2-9d96-670ed3a685ae','01a2176b-8b62-75d2-9d96-670f2471e6b5','default','delivered',2,1,128,0,1795689253730,1795689253730,0,1795689266955,'');
INSERT INTO deliveries VALUES('01a2176b-8b6f-71d5-b44d-f4b2ca04a01f','01a2176b-8b6f-71d5-b44d-f4b380ba65ce','default','delivered',2,1,128,0,1795689253743,1795689253743,0,1795689266955,'');
INSERT INTO deliveries VALUES('01a2176b-8b7c-75a5-88eb-20974d75cbfd','01a2176b-8b7c-75a5-88eb-2098745e9dbc','default','delivered',2,1,128,0,1795689253756,1795689253756,0,1795689266955,'');
INSERT INTO deliveries VALUES('01a2176b-8b8a-74fd-8d1b-695106b9a27e','01a2176b-8b8a-74fd-8d1b-6952ab19c6d3','default','delivered',2,1,128,0,1795689253770,1795689253770,0,1795689266955,'');
INSERT INTO deliveries VALUES('01a2176b-c015-7508-819f-9aa7bc51dfdd','01a2176b-c015-7508-819f-9aa80af37170','default','delivered',2,0,128,0,1795689267221,1795689270526,0,1795689271458,'');
INSERT INTO deliveries VALUES('01a2176b-cc4c-74c4-a588-782e553fe40c','01a2176b-cc4c-74c4-a588-782f5dfad391','default','delivered',1,0,128,0,1795689270348,1795689270348,0,1795689270363,'');
INSERT INTO deliveries VALUES('01a2176b-cc97-762f-8db9-97a921633732','01a2176b-cc97-762f-8db9-97aad807a7cf','default','failed',1,0,128,0,1795689270423,1795689270423,0,1795689270440,'errcode 40008: invalid message type');
INSERT INTO deliveries VALUES('01a2176b-d0da-7134-bd16-df3453b5322f','01a2176b-d0da-7134-bd16-df3581efda10','default','sending',1,0,128,0,1795689271514,1795689271514,1795689271514,0,'');
INSERT INTO deliveries VALUES('01a2176b-d130-7052-8692-9c12f30ade82','01a2176b-d130-7052-8692-9c1332739e92','default','pending',0,0,128,0,1795689271600,1795689271600,1795689271600,0,'');
INSERT INTO deliveries VALUES('01a2176b-d139-7609-aa00-1ef6ee999d3f','01a2176b-d139-7609-aa00-1ef7a0cc5bd4','default','discarded',0,0,128,0,1795689271609,1795689271609,0,1795689271627,'');
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
INSERT INTO messages VALUES('01a2176b-70c3-72ee-aa23-7a4e4c8dd026','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像:`mars/mars-api`\n> 版本:`v1.2.3`\n> 时间:2026-11-26 18:33:42(用时 36秒)"}}',1795689246916,1,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-7dce-71bb-a571-b3481c8ad5d8','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"warning\">失败</font> 华为仓\n> 镜像:`mars/mars-web`\n> 版本:`v2.0.0`\n> 时间:2026-11-26 18:33:43\n> [查看 Harbor 执行记录](https://harbor.example.com/harbor/replications/187/tasks)"}}',1795689250254,4,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-8ada-72b1-ac26-4c9dba327c50','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">重试后成功</font> 华为仓\n> 镜像:`mars/mars-web`\n> 版本:`v2.0.0`\n> 时间:2026-11-26 18:33:43(用时 36秒)"}}',1795689253595,3,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-97e7-7248-858a-a4e28d6ae0a8','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** 成功 12\n<font color=\"info\">成功</font> 阿里仓\n> `venus/api` `v3.1.0` 18:33:44\n> `venus/web` `v3.1.0` 18:33:44\n> `venus/auth` `v3.1.0` 18:33:44\n> `venus/cart` `v3.1.0` 18:33:44\n> `venus/mail` `v3.1.0` 18:33:44\n> `venus/map` `v3.1.0` 18:33:44\n> `venus/tax` `v3.1.0` 18:33:44\n> `venus/user` `v3.1.0` 18:33:44\n<font color=\"info\">成功</font> 华为仓\n> `venus/billing` `v3.1.0` 18:33:44\n> `venus/queue` `v3.1.0` 18:33:44\n> `venus/search` `v3.1.0` 18:33:44\n> `venus/stock` `v3.1.0` 18:33:44"}}',1795689256936,2,'retry',0,NULL,'cannot connect to WeCom: client error (Connect): tcp connect error: Connection refused (os error 111)');
INSERT INTO messages VALUES('01a2176b-a4f3-70c0-a31f-d53d67ff716c','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像:`venus/api`\n> 版本:`v3.1.0`\n> 时间:2026-11-26 18:33:44(用时 36秒)"}}',1795689260275,1,'retry',0,NULL,'cannot connect to WeCom: client error (Connect): tcp connect error: Connection refused (os error 111)');
INSERT INTO messages VALUES('01a2176b-b1fc-7012-ac8c-9bab1d5b681b','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像:`venus/web`\n> 版本:`v3.1.0`\n> 时间:2026-11-26 18:33:44(用时 36秒)"}}',1795689263613,2,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-bf09-7121-9821-0fdec6559fab','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** 成功 11\n<font color=\"info\">成功</font> 阿里仓\n> `venus/api` `v3.1.0` 18:33:44\n> `venus/auth` `v3.1.0` 18:33:44\n> `venus/cart` `v3.1.0` 18:33:44\n> `venus/mail` `v3.1.0` 18:33:44\n> `venus/map` `v3.1.0` 18:33:44\n> `venus/tax` `v3.1.0` 18:33:44\n> `venus/user` `v3.1.0` 18:33:44\n<font color=\"info\">成功</font> 华为仓\n> `venus/billing` `v3.1.0` 18:33:44\n> `venus/queue` `v3.1.0` 18:33:44\n> `venus/search` `v3.1.0` 18:33:44\n> `venus/stock` `v3.1.0` 18:33:44"}}',1795689266953,2,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-cc17-76cb-be5a-3ee757745c7d','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓 😀\n> 镜像:`mars/mars-api`\n> 版本:`told-1.0`\n> 时间:2026-11-26 18:33:42(用时 36秒)"}}',1795689270297,7,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-cc4e-748d-b05e-22dc05a1a6d2','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像:`mars/mars-api`\n> 版本:`old-harbor`\n> 时间:2026-11-26 18:33:42(用时 36秒)"}}',1795689270351,12,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-cc9a-7081-be2a-1304262c9660','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像:`mars/mars-api`\n> 版本:`rejected-1.0`\n> 时间:2026-11-26 18:33:42(用时 36秒)"}}',1795689270430,10,'rejected',200,40008,'invalid message type');
INSERT INTO messages VALUES('01a2176b-d094-72f9-9603-dd45f707be92','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓 😀\n> 镜像:`mars/mars-api`\n> 版本:`told-1.0`\n> 时间:2026-11-26 18:33:42(用时 36秒)"}}',1795689271444,14,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-d0de-74e7-8265-031aad7510f8','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像:`mars/mars-api`\n> 版本:`hangs-1.0`\n> 时间:2026-11-26 18:33:42(用时 36秒)"}}',1795689271521,0,'in_flight',0,NULL,'');
CREATE TABLE attempts (
    delivery_id TEXT   NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    number      BIGINT NOT NULL,
    message_id  TEXT   NOT NULL REFERENCES messages (id),
    PRIMARY KEY (delivery_id, number)
);
INSERT INTO attempts VALUES('01a2176b-70c0-75bd-a84a-a4578a7c12cd',1,'01a2176b-70c3-72ee-aa23-7a4e4c8dd026');
INSERT INTO attempts VALUES('01a2176b-70f3-7179-8688-116e9f48337a',1,'01a2176b-7dce-71bb-a571-b3481c8ad5d8');
INSERT INTO attempts VALUES('01a2176b-7dde-7381-be1b-a073377e8ce2',1,'01a2176b-8ada-72b1-ac26-4c9dba327c50');
INSERT INTO attempts VALUES('01a2176b-8aeb-778e-a522-8dd353b58ca9',1,'01a2176b-97e7-7248-858a-a4e28d6ae0a8');
INSERT INTO attempts VALUES('01a2176b-8af9-73ee-a1ee-751353f756d9',1,'01a2176b-97e7-7248-858a-a4e28d6ae0a8');
INSERT INTO attempts VALUES('01a2176b-8b06-7327-9557-a2e6047038f1',1,'01a2176b-97e7-7248-858a-a4e28d6ae0a8');
INSERT INTO attempts VALUES('01a2176b-8b13-7175-9f50-7cd74094f97d',1,'01a2176b-97e7-7248-858a-a4e28d6ae0a8');
INSERT INTO attempts VALUES('01a2176b-8b20-7609-a6e4-3e89db471bd4',1,'01a2176b-97e7-7248-858a-a4e28d6ae0a8');
INSERT INTO attempts VALUES('01a2176b-8b33-7263-a5b8-bb69c68e1a80',1,'01a2176b-97e7-7248-858a-a4e28d6ae0a8');
INSERT INTO attempts VALUES('01a2176b-8b40-71d6-a057-0e1967fefa82',1,'01a2176b-97e7-7248-858a-a4e28d6ae0a8');
INSERT INTO attempts VALUES('01a2176b-8b52-7442-a8b0-f20e67530c44',1,'01a2176b-97e7-7248-858a-a4e28d6ae0a8');
INSERT INTO attempts VALUES('01a2176b-8b62-75d2-9d96-670ed3a685ae',1,'01a2176b-97e7-7248-858a-a4e28d6ae0a8');
INSERT INTO attempts VALUES('01a2176b-8b6f-71d5-b44d-f4b2ca04a01f',1,'01a2176b-97e7-7248-858a-a4e28d6ae0a8');
INSERT INTO attempts VALUES('01a2176b-8b7c-75a5-88eb-20974d75cbfd',1,'01a2176b-97e7-7248-858a-a4e28d6ae0a8');
INSERT INTO attempts VALUES('01a2176b-8b8a-74fd-8d1b-695106b9a27e',1,'01a2176b-97e7-7248-858a-a4e28d6ae0a8');
INSERT INTO attempts VALUES('01a2176b-8aeb-778e-a522-8dd353b58ca9',2,'01a2176b-a4f3-70c0-a31f-d53d67ff716c');
INSERT INTO attempts VALUES('01a2176b-8af9-73ee-a1ee-751353f756d9',2,'01a2176b-b1fc-7012-ac8c-9bab1d5b681b');
INSERT INTO attempts VALUES('01a2176b-8aeb-778e-a522-8dd353b58ca9',3,'01a2176b-bf09-7121-9821-0fdec6559fab');
INSERT INTO attempts VALUES('01a2176b-8b06-7327-9557-a2e6047038f1',2,'01a2176b-bf09-7121-9821-0fdec6559fab');
INSERT INTO attempts VALUES('01a2176b-8b13-7175-9f50-7cd74094f97d',2,'01a2176b-bf09-7121-9821-0fdec6559fab');
INSERT INTO attempts VALUES('01a2176b-8b20-7609-a6e4-3e89db471bd4',2,'01a2176b-bf09-7121-9821-0fdec6559fab');
INSERT INTO attempts VALUES('01a2176b-8b33-7263-a5b8-bb69c68e1a80',2,'01a2176b-bf09-7121-9821-0fdec6559fab');
INSERT INTO attempts VALUES('01a2176b-8b40-71d6-a057-0e1967fefa82',2,'01a2176b-bf09-7121-9821-0fdec6559fab');
INSERT INTO attempts VALUES('01a2176b-8b52-7442-a8b0-f20e67530c44',2,'01a2176b-bf09-7121-9821-0fdec6559fab');
INSERT INTO attempts VALUES('01a2176b-8b62-75d2-9d96-670ed3a685ae',2,'01a2176b-bf09-7121-9821-0fdec6559fab');
INSERT INTO attempts VALUES('01a2176b-8b6f-71d5-b44d-f4b2ca04a01f',2,'01a2176b-bf09-7121-9821-0fdec6559fab');
INSERT INTO attempts VALUES('01a2176b-8b7c-75a5-88eb-20974d75cbfd',2,'01a2176b-bf09-7121-9821-0fdec6559fab');
INSERT INTO attempts VALUES('01a2176b-8b8a-74fd-8d1b-695106b9a27e',2,'01a2176b-bf09-7121-9821-0fdec6559fab');
INSERT INTO attempts VALUES('01a2176b-c015-7508-819f-9aa7bc51dfdd',1,'01a2176b-cc17-76cb-be5a-3ee757745c7d');
INSERT INTO attempts VALUES('01a2176b-cc4c-74c4-a588-782e553fe40c',1,'01a2176b-cc4e-748d-b05e-22dc05a1a6d2');
INSERT INTO attempts VALUES('01a2176b-cc97-762f-8db9-97a921633732',1,'01a2176b-cc9a-7081-be2a-1304262c9660');
INSERT INTO attempts VALUES('01a2176b-c015-7508-819f-9aa7bc51dfdd',2,'01a2176b-d094-72f9-9603-dd45f707be92');
INSERT INTO attempts VALUES('01a2176b-d0da-7134-bd16-df3453b5322f',1,'01a2176b-d0de-74e7-8265-031aad7510f8');
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
INSERT INTO robots VALUES('default',0,0,0,'none',0,'',1795689271521,'','01a2176b-bfb2-70ad-86f6-287a8006cb32',1795689301521);
CREATE INDEX arrivals_of_event ON arrivals (event_id);
CREATE UNIQUE INDEX messages_one_in_flight ON messages (robot) WHERE outcome = 'in_flight';
CREATE INDEX attempts_of_message ON attempts (message_id);
CREATE INDEX deliveries_of_state ON deliveries (state, created_at, event_id, robot);
CREATE INDEX deliveries_of_robot ON deliveries (robot, state, created_at, event_id);
CREATE INDEX deliveries_tried ON deliveries (robot, tried_since) WHERE state = 'pending' AND attempts > 0;
CREATE INDEX events_by_repository ON events (lower(substr(repository, 1, 100)), accepted_at, id);
CREATE INDEX events_by_name ON events (
    lower(substr(repository, length(rtrim(repository, replace(repository, '/', ''))) + 1, 100)), accepted_at, id);
CREATE INDEX events_by_registry ON events (lower(substr(registry, 1, 100)), accepted_at, id);
CREATE INDEX events_by_description ON events (lower(substr(description, 1, 100)), accepted_at, id);
CREATE INDEX arrivals_by_version ON arrivals (lower(substr(version, 1, 100)), event_id);
CREATE INDEX events_of_image ON events (
    lower(substr(repository, 1, 100)), substr(registry, 1, 100), execution_timestamp);
COMMIT;
