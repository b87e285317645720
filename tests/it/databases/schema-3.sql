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
INSERT INTO _sqlx_migrations VALUES(1,'initial','2026-11-26 10:34:07',1,X'8b9ad01339d63753eb77a5678e6acdaafd9735c149e1661332c1b34d87a3e7f0cdc8b5ddd991c37f9337839b659a3907',14659826);
INSERT INTO _sqlx_migrations VALUES(2,'looking','2026-11-26 10:34:07',1,X'b9d54516ded6f3b204ce8c6335cbefeee918d95b2e82cdef74d49fe842bad4da16550fd747d771262a7f8146353f9d2d',999572);
INSERT INTO _sqlx_migrations VALUES(3,'routes','2026-11-26 10:34:07',1,X'cadf6ab361a8597011c63d4bddc50a254794754d090d296e210166c95903041a75ad820915943ca6ae08d70e4b823de2',809658);
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
INSERT INTO events VALUES('01a2176b-749d-72ea-8b06-3761b9a482a2',1795689247901,'succeeded','harbor.example.com','mars','mars/mars-api','["v1.2.3"]','aliyun-acr','阿里仓',1795689187,187,1795689223000,'{"type":"REPLICATION","occur_at":1795689223,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689187,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":187,"task_id":9187,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mars-api [1 item(s) in total]","references":["v1.2.3"]}]}}}');
INSERT INTO events VALUES('01a2176b-74ea-71f3-b573-b882f723a9cd',1795689247978,'failed','harbor.example.com','mars','mars/mars-web','["v2.0.0"]','huawei-swr','华为仓',1795689188,188,1795689224000,'{"type":"REPLICATION","occur_at":1795689224,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Error","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689188,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":188,"task_id":9188,"failed_artifact":[{"type":"artifact","status":"Error","name_tag":"mars-web [1 item(s) in total]","references":["v2.0.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-81d1-71cd-9ebd-afc24bc03db2',1795689251281,'succeeded','harbor.example.com','mars','mars/mars-web','["v2.0.0"]','huawei-swr','华为仓',1795689188,188,1795689224000,'{"type":"REPLICATION","occur_at":1795689224,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689188,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":188,"task_id":9188,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mars-web [1 item(s) in total]","references":["v2.0.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8edd-72a7-aaa1-55a77e6abfeb',1795689254621,'succeeded','harbor.example.com','venus','venus/api','["v3.1.0"]','aliyun-acr','阿里仓',1795689189,189,1795689225000,'{"type":"REPLICATION","occur_at":1795689225,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689189,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":189,"task_id":9189,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"api [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8eeb-7017-9886-ddb354e2ccef',1795689254635,'succeeded','harbor.example.com','venus','venus/web','["v3.1.0"]','aliyun-acr','阿里仓',1795689189,189,1795689225000,'{"type":"REPLICATION","occur_at":1795689225,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689189,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":189,"task_id":9189,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"web [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8efc-743b-bf94-ca6a4ce145b8',1795689254652,'succeeded','harbor.example.com','venus','venus/auth','["v3.1.0"]','aliyun-acr','阿里仓',1795689189,189,1795689225000,'{"type":"REPLICATION","occur_at":1795689225,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689189,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":189,"task_id":9189,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"auth [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8f0b-74c9-aa35-7952748bbf9c',1795689254667,'succeeded','harbor.example.com','venus','venus/billing','["v3.1.0"]','huawei-swr','华为仓',1795689189,189,1795689225000,'{"type":"REPLICATION","occur_at":1795689225,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689189,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":189,"task_id":9189,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"billing [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8f1b-729f-b781-842a0e26594b',1795689254683,'succeeded','harbor.example.com','venus','venus/cart','["v3.1.0"]','aliyun-acr','阿里仓',1795689189,189,1795689225000,'{"type":"REPLICATION","occur_at":1795689225,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689189,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":189,"task_id":9189,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"cart [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8f2e-702e-ae3b-16b1087a4d5d',1795689254702,'succeeded','harbor.example.com','venus','venus/mail','["v3.1.0"]','aliyun-acr','阿里仓',1795689189,189,1795689225000,'{"type":"REPLICATION","occur_at":1795689225,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689189,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":189,"task_id":9189,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mail [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8f3d-77f6-a1f7-e04c17fbeb43',1795689254717,'succeeded','harbor.example.com','venus','venus/map','["v3.1.0"]','aliyun-acr','阿里仓',1795689189,189,1795689225000,'{"type":"REPLICATION","occur_at":1795689225,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689189,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":189,"task_id":9189,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"map [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8f5b-7421-acbe-f80acc9beaa3',1795689254747,'succeeded','harbor.example.com','venus','venus/queue','["v3.1.0"]','huawei-swr','华为仓',1795689189,189,1795689225000,'{"type":"REPLICATION","occur_at":1795689225,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689189,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":189,"task_id":9189,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"queue [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8f6a-722a-90d7-457f499a7581',1795689254762,'succeeded','harbor.example.com','venus','venus/search','["v3.1.0"]','huawei-swr','华为仓',1795689189,189,1795689225000,'{"type":"REPLICATION","occur_at":1795689225,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689189,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":189,"task_id":9189,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"search [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8f77-75ad-9077-52ee343c79ac',1795689254775,'succeeded','harbor.example.com','venus','venus/stock','["v3.1.0"]','huawei-swr','华为仓',1795689189,189,1795689225000,'{"type":"REPLICATION","occur_at":1795689225,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689189,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":189,"task_id":9189,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"stock [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8f84-7144-a3d8-65a0594a1902',1795689254788,'succeeded','harbor.example.com','venus','venus/tax','["v3.1.0"]','aliyun-acr','阿里仓',1795689189,189,1795689225000,'{"type":"REPLICATION","occur_at":1795689225,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689189,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":189,"task_id":9189,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"tax [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-8f94-7517-87a3-9c805f23f51e',1795689254804,'succeeded','harbor.example.com','venus','venus/user','["v3.1.0"]','aliyun-acr','阿里仓',1795689189,189,1795689225000,'{"type":"REPLICATION","occur_at":1795689225,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689189,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":189,"task_id":9189,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"user [1 item(s) in total]","references":["v3.1.0"]}]}}}');
INSERT INTO events VALUES('01a2176b-b7d0-7500-bb7b-73f4b27d2a85',1795689265104,'succeeded','harbor.example.com','mars','mars/mars-api','["told-1.0"]','aliyun-acr','阿里仓 😀',1795689187,815,1795689223000,'{"type": "REPLICATION", "occur_at": 1795689223, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓 😀", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689187, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["told-1.0"]}], "execution_id": 815}}}');
INSERT INTO events VALUES('01a2176b-c40b-713d-934e-7ff2a30b017e',1795689268235,'succeeded','harbor.example.com','mars','mars/mars-api','["old-harbor"]','aliyun-acr','阿里仓',1795689187,0,1795689223000,'{"type": "REPLICATION", "occur_at": 1795689223, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689187, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["old-harbor"]}]}}}');
INSERT INTO events VALUES('01a2176b-c475-7018-b48a-2b9444caf4ea',1795689268341,'succeeded','harbor.example.com','mars','mars/mars-api','["rejected-1.0"]','aliyun-acr','阿里仓',1795689187,815,1795689223000,'{"type": "REPLICATION", "occur_at": 1795689223, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689187, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["rejected-1.0"]}], "execution_id": 815}}}');
INSERT INTO events VALUES('01a2176b-c8b5-71e4-9781-59679d5b8a04',1795689269429,'succeeded','harbor.example.com','venus','venus/sub/web','["for-two-1.0"]','aliyun-acr','阿里仓',1795689187,815,1795689223000,'{"type": "REPLICATION", "occur_at": 1795689223, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689187, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "venus"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "venus"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "sub/web [1 item(s) in total]", "references": ["for-two-1.0"]}], "execution_id": 815}}}');
INSERT INTO events VALUES('01a2176b-c96a-75c3-a3ec-a4f6c6b70753',1795689269610,'failed','harbor.example.com','mars','mars/mars-api','["heals-1.0"]','aliyun-acr','阿里仓',1795689187,816,1795689223000,'{"type": "REPLICATION", "occur_at": 1795689223, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Error", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689187, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "failed_artifact": [{"type": "artifact", "status": "Error", "name_tag": "mars-api [1 item(s) in total]", "references": ["heals-1.0"]}], "execution_id": 816}}}');
INSERT INTO events VALUES('01a2176b-c97a-76fe-b2d7-6e6319345db7',1795689269626,'succeeded','harbor.example.com','mars','mars/mars-api','["heals-1.0"]','aliyun-acr','阿里仓',1795689187,816,1795689223000,'{"type": "REPLICATION", "occur_at": 1795689223, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689187, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["heals-1.0"]}], "execution_id": 816}}}');
INSERT INTO events VALUES('01a2176b-c9b4-739b-9cf3-7c24359985ae',1795689269684,'failed','harbor.example.com','mars','mars/mars-api','["held-1.0"]','aliyun-acr','阿里仓',1795689187,817,1795689223000,'{"type": "REPLICATION", "occur_at": 1795689223, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Error", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689187, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "failed_artifact": [{"type": "artifact", "status": "Error", "name_tag": "mars-api [1 item(s) in total]", "references": ["held-1.0"]}], "execution_id": 817}}}');
INSERT INTO events VALUES('01a2176b-c9bc-7007-8fc8-06b554566dd9',1795689269692,'succeeded','harbor.example.com','mars','mars/mars-api','["hangs-1.0"]','aliyun-acr','阿里仓',1795689187,815,1795689223000,'{"type": "REPLICATION", "occur_at": 1795689223, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689187, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["hangs-1.0"]}], "execution_id": 815}}}');
INSERT INTO events VALUES('01a2176b-c9da-7117-abbb-03f6c7952f20',1795689269722,'succeeded','harbor.example.com','mars','mars/mars-api','["waits-1.0"]','华为','',1795689187,815,1795689223000,'{"type": "REPLICATION", "occur_at": 1795689223, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689187, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "华为", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["waits-1.0"]}], "execution_id": 815}}}');
INSERT INTO events VALUES('01a2176b-c9dd-77c2-9657-6799516c0d60',1795689269725,'succeeded','harbor.example.com','mars','mars/mars-api','["discarded-1.0"]','aliyun-acr','阿里仓',1795689187,815,1795689223000,'{"type": "REPLICATION", "occur_at": 1795689223, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689187, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["discarded-1.0"]}], "execution_id": 815}}}');
CREATE TABLE arrivals (
    key      TEXT NOT NULL,
    outcome  TEXT NOT NULL,
    version  TEXT NOT NULL,
    event_id TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (key, outcome),
    CONSTRAINT arrivals_outcome_known CHECK (outcome IN ('succeeded', 'failed'))
);
INSERT INTO arrivals VALUES('1795689187-07e4dddc393e1d1b084ad7a745b62b9b5f3c87d3cfd64814a13085345145a730','succeeded','v1.2.3','01a2176b-749d-72ea-8b06-3761b9a482a2');
INSERT INTO arrivals VALUES('1795689188-20cd4378b6d10bacba0d2574fcccccbfe00007294ad5f15d2c74585ef8a45892','failed','v2.0.0','01a2176b-74ea-71f3-b573-b882f723a9cd');
INSERT INTO arrivals VALUES('1795689188-20cd4378b6d10bacba0d2574fcccccbfe00007294ad5f15d2c74585ef8a45892','succeeded','v2.0.0','01a2176b-81d1-71cd-9ebd-afc24bc03db2');
INSERT INTO arrivals VALUES('1795689189-a8d2d06833eb3a6768af9f672e0af696be00daabfa435afcb55f4184c05e61d1','succeeded','v3.1.0','01a2176b-8edd-72a7-aaa1-55a77e6abfeb');
INSERT INTO arrivals VALUES('1795689189-ccc7a27bd27a89e31084d918587bc63d97733e0592ed371e6b9e86d40b998bc1','succeeded','v3.1.0','01a2176b-8eeb-7017-9886-ddb354e2ccef');
INSERT INTO arrivals VALUES('1795689189-df638b211e521e409bd7f7c02566c7a376b96da9e73036c7e0a538733508552f','succeeded','v3.1.0','01a2176b-8efc-743b-bf94-ca6a4ce145b8');
INSERT INTO arrivals VALUES('1795689189-92e1244639ec7daaad3f45a20e47079983e0d92e041920cafe5e0f021a79c6bc','succeeded','v3.1.0','01a2176b-8f0b-74c9-aa35-7952748bbf9c');
INSERT INTO arrivals VALUES('1795689189-31d6877b7703f66e1d0408a16b6d0caf06ca092555998e9e6674d6f4b869d847','succeeded','v3.1.0','01a2176b-8f1b-729f-b781-842a0e26594b');
INSERT INTO arrivals VALUES('1795689189-9f3b010e6f0b951094005310573490117b01e7da90135d6d01e7c3eedf93fdce','succeeded','v3.1.0','01a2176b-8f2e-702e-ae3b-16b1087a4d5d');
INSERT INTO arrivals VALUES('1795689189-922be5e3b958a5ac199b8dcba8699e146db4fb6a1b82c1d285d177fadf9052bf','succeeded','v3.1.0','01a2176b-8f3d-77f6-a1f7-e04c17fbeb43');
INSERT INTO arrivals VALUES('1795689189-cedbb2bcbc682232ecbc9cd4259324f87a5f4e5b47b27e9f5cde670ca29ebed9','succeeded','v3.1.0','01a2176b-8f5b-7421-acbe-f80acc9beaa3');
INSERT INTO arrivals VALUES('1795689189-1e0d9132153c7cd40135ed3d1cbbc7a3e2a10fb345ad4696880eb86073473a43','succeeded','v3.1.0','01a2176b-8f6a-722a-90d7-457f499a7581');
INSERT INTO arrivals VALUES('1795689189-5513b653b677a92e29de8adad36b09ac299955f16faa7a41e8a3db1f2f16a960','succeeded','v3.1.0','01a2176b-8f77-75ad-9077-52ee343c79ac');
INSERT INTO arrivals VALUES('1795689189-9c11b55cd503a4d3482b225b3908fe0d3c0e6470fdefcabdedbcda6dec42329a','succeeded','v3.1.0','01a2176b-8f84-7144-a3d8-65a0594a1902');
INSERT INTO arrivals VALUES('1795689189-ad584da922643d7675ec0baf255bd2465081a72e60a67e9f8d70c4861e91f26a','succeeded','v3.1.0','01a2176b-8f94-7517-87a3-9c805f23f51e');
INSERT INTO arrivals VALUES('1795689187-71dc520be0e0e08bf732697fd63ed8c563d973997355194a25e55f9e30058605','succeeded','told-1.0','01a2176b-b7d0-7500-bb7b-73f4b27d2a85');
INSERT INTO arrivals VALUES('1795689187-856b925668dcaaabe3c36d9989ff4566f11634233655c4efa79f7d7c7a851b1f','succeeded','old-harbor','01a2176b-c40b-713d-934e-7ff2a30b017e');
INSERT INTO arrivals VALUES('1795689187-000b7c50084f3f92514d54448ff514494dd0bfdf42d512240521a5e638e8c764','succeeded','rejected-1.0','01a2176b-c475-7018-b48a-2b9444caf4ea');
INSERT INTO arrivals VALUES('1795689187-ec9d237b96dc7cdafeb06c84451fd4c599f71a74477311bb8691915f55a2ad99','succeeded','for-two-1.0','01a2176b-c8b5-71e4-9781-59679d5b8a04');
INSERT INTO arrivals VALUES('1795689187-df0430d5072274b96948140bd7238c4a6ce08f200d06ad6fa2977ab3d5c8e049','failed','heals-1.0','01a2176b-c96a-75c3-a3ec-a4f6c6b70753');
INSERT INTO arrivals VALUES('1795689187-df0430d5072274b96948140bd7238c4a6ce08f200d06ad6fa2977ab3d5c8e049','succeeded','heals-1.0','01a2176b-c97a-76fe-b2d7-6e6319345db7');
INSERT INTO arrivals VALUES('1795689187-0939e42c53317ef1213ae1dfd72e692eab65e5753ff65b60430db2f706953c4d','failed','held-1.0','01a2176b-c9b4-739b-9cf3-7c24359985ae');
INSERT INTO arrivals VALUES('1795689187-6919c50bcbe49aa3961059c30512d0ca53e33b0ed3cc27d9ceb0e4d0544a590f','succeeded','hangs-1.0','01a2176b-c9bc-7007-8fc8-06b554566dd9');
INSERT INTO arrivals VALUES('1795689187-386ab4218e2097bf523fbf234a2fdec8e5f7d0928483945e818295c310eb9e03','succeeded','waits-1.0','01a2176b-c9da-7117-abbb-03f6c7952f20');
INSERT INTO arrivals VALUES('1795689187-887cd373918867b696db2a5770f0af61456f71c202aad7cd12f31e1bef0f2187','succeeded','discarded-1.0','01a2176b-c9dd-77c2-9657-6799516c0d60');
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
    last_error      TEXT   NOT NULL, mentions TEXT NOT NULL DEFAULT '[]',
    CONSTRAINT deliveries_once_a_robot UNIQUE (event_id, robot),
    CONSTRAINT deliveries_state_known
        CHECK (state IN ('pending', 'sending', 'delivered', 'failed', 'superseded', 'discarded')),
    CONSTRAINT deliveries_finished_iff_final
        CHECK ((finished_at = 0) = (state IN ('pending', 'sending'))),
    CONSTRAINT deliveries_told_only_by_an_attempt
        CHECK (attempts > 0 OR state NOT IN ('sending', 'delivered', 'failed')),
    CONSTRAINT deliveries_batch_limit_positive CHECK (batch_limit > 0)
);
INSERT INTO deliveries VALUES('01a2176b-749d-72ea-8b06-37623b08d718','01a2176b-749d-72ea-8b06-3761b9a482a2','default','delivered',1,0,128,0,1795689247901,1795689247901,0,1795689247914,'','[]');
INSERT INTO deliveries VALUES('01a2176b-74eb-70be-9f87-630ebdd5d0c7','01a2176b-74ea-71f3-b573-b882f723a9cd','default','delivered',1,0,128,0,1795689247978,1795689247978,0,1795689251267,'','[]');
INSERT INTO deliveries VALUES('01a2176b-81d3-72a7-9437-3492103c367c','01a2176b-81d1-71cd-9ebd-afc24bc03db2','default','delivered',2,1,128,0,1795689251281,1795689251281,0,1795689264850,'','[]');
INSERT INTO deliveries VALUES('01a2176b-8edd-72a7-aaa1-55a89a81ecff','01a2176b-8edd-72a7-aaa1-55a77e6abfeb','default','delivered',2,1,128,0,1795689254621,1795689254621,0,1795689264850,'','[]');
INSERT INTO deliveries VALUES('01a2176b-8eeb-7017-9886-ddb468779356','01a2176b-8eeb-7017-9886-ddb354e2ccef','default','delivered',1,0,128,0,1795689254635,1795689254635,0,1795689261508,'','[]');
INSERT INTO deliveries VALUES('01a2176b-8efc-743b-bf94-ca6bcd7ff049','01a2176b-8efc-743b-bf94-ca6a4ce145b8','default','delivered',1,0,128,0,1795689254652,1795689254652,0,1795689264850,'','[]');
INSERT INTO deliveries VALUES('01a2176b-8f0b-74c9-aa35-795386b06fc2','01a2176b-8f0b-74c9-aa35-7952748bbf9c','default','delivered',1,0,128,0,1795689254667,1795689254667,0,1795689264850,'','[]');
INSERT INTO deliveries VALUES('01a2176b-8f1b-729f-b781-842bca442358','01a2176b-8f1b-729f-b781-842a0e26594b','default','delivered',1,0,128,0,1795689254683,1795689254683,0,1795689264850,'','[]');
INSERT INTO deliveries VALUES('01a2176b-8f2e-702e-ae3b-16b256d2ba3f','01a2176b-8f2e-702e-ae3b-16b1087a4d5d','default','delivered',1,0,128,0,1795689254702,1795689254702,0,1795689264850,'','[]');
INSERT INTO deliveries VALUES('01a2176b-8f3d-77f6-a1f7-e04dc3e396fe','01a2176b-8f3d-77f6-a1f7-e04c17fbeb43','default','delivered',1,0,128,0,1795689254717,1795689254717,0,1795689264850,'','[]');
INSERT INTO deliveries VALUES('01a2176b-8f5b-7421-acbe-f80bfcd192b6','01a2176b-8f5b-7421-acbe-f80acc9beaa3','default','delivered',1,0,128,0,1795689254747,1795689254747,0,1795689264850,'','[]');
INSERT INTO deliveries VALUES('01a2176b-8f6a-722a-90d7-4580053e81d4','01a2176b-8f6a-722a-90d7-457f499a7581','default','delivered',1,0,128,0,1795689254762,1795689254762,0,1795689264850,'','[]');
INSERT INTO deliveries VALUES('01a2176b-8f77-75ad-9077-52ef6c58abf5','01a2176b-8f77-75ad-9077-52ee343c79ac','default','delivered',1,0,128,0,1795689254775,1795689254775,0,1795689264850,'','[]');
INSERT INTO deliveries VALUES('01a2176b-8f85-7652-9ced-bb30473ca34c','01a2176b-8f84-7144-a3d8-65a0594a1902','default','delivered',1,0,128,0,1795689254788,1795689254788,0,1795689264850,'','[]');
INSERT INTO deliveries VALUES('01a2176b-8f94-7517-87a3-9c818220fda2','01a2176b-8f94-7517-87a3-9c805f23f51e','default','delivered',1,0,128,0,1795689254804,1795689254804,0,1795689264850,'','[]');
INSERT INTO deliveries VALUES('01a2176b-b7d1-7063-a9dc-d472eb99cac9','01a2176b-b7d0-7500-bb7b-73f4b27d2a85','default','delivered',2,0,128,0,1795689265104,1795689268449,0,1795689269380,'','[]');
INSERT INTO deliveries VALUES('01a2176b-c40c-76e6-b1b7-e6d3f4ff3d19','01a2176b-c40b-713d-934e-7ff2a30b017e','default','delivered',1,0,128,0,1795689268235,1795689268235,0,1795689268259,'','[]');
INSERT INTO deliveries VALUES('01a2176b-c476-70eb-a9d1-a1b45c6aa44a','01a2176b-c475-7018-b48a-2b9444caf4ea','default','failed',1,0,128,0,1795689268341,1795689268341,0,1795689268370,'errcode 40008: invalid message type','[]');
INSERT INTO deliveries VALUES('01a2176b-c8b6-72f5-8428-89997d1e2878','01a2176b-c8b5-71e4-9781-59679d5b8a04','default','delivered',1,0,128,0,1795689269429,1795689269429,0,1795689269457,'','[]');
INSERT INTO deliveries VALUES('01a2176b-c8b6-72f5-8428-899aa63ce5eb','01a2176b-c8b5-71e4-9781-59679d5b8a04','运维','pending',1,0,128,0,1795689269429,1795689269429,1795689269471,0,'errcode 93000: invalid webhook url','["zhangsan","li.si"]');
INSERT INTO deliveries VALUES('01a2176b-c96a-75c3-a3ec-a4f7f65436db','01a2176b-c96a-75c3-a3ec-a4f6c6b70753','default','superseded',0,0,128,0,1795689269610,1795710869610,0,1795689269626,'','[]');
INSERT INTO deliveries VALUES('01a2176b-c97e-753a-b785-234bdd291831','01a2176b-c97a-76fe-b2d7-6e6319345db7','default','delivered',1,0,128,0,1795689269626,1795689269626,0,1795689269650,'','[]');
INSERT INTO deliveries VALUES('01a2176b-c9b5-7331-800c-169a79519b53','01a2176b-c9b4-739b-9cf3-7c24359985ae','default','pending',0,0,128,0,1795689269684,1795710869684,1795710869684,0,'','[]');
INSERT INTO deliveries VALUES('01a2176b-c9bc-7007-8fc8-06b6648328da','01a2176b-c9bc-7007-8fc8-06b554566dd9','default','sending',1,0,128,0,1795689269692,1795689269692,1795689269692,0,'','[]');
INSERT INTO deliveries VALUES('01a2176b-c9da-7117-abbb-03f7443c5643','01a2176b-c9da-7117-abbb-03f6c7952f20','default','pending',0,0,128,0,1795689269722,1795689269722,1795689269722,0,'','[]');
INSERT INTO deliveries VALUES('01a2176b-c9de-7491-9e12-b459935b28b2','01a2176b-c9dd-77c2-9657-6799516c0d60','default','discarded',0,0,128,0,1795689269725,1795689269725,0,1795689269752,'','[]');
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
INSERT INTO messages VALUES('01a2176b-74a3-712b-97c9-f08d01ad78d9','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像:`mars/mars-api`\n> 版本:`v1.2.3`\n> 时间:2026-11-26 18:33:43(用时 36秒)"}}',1795689247908,6,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-81b4-7761-b451-eeb3589edb76','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"warning\">失败</font> 华为仓\n> 镜像:`mars/mars-web`\n> 版本:`v2.0.0`\n> 时间:2026-11-26 18:33:44\n> [查看 Harbor 执行记录](https://harbor.example.com/harbor/replications/188/tasks)"}}',1795689251252,15,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-8ecb-760d-9e22-169405465ee7','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">重试后成功</font> 华为仓\n> 镜像:`mars/mars-web`\n> 版本:`v2.0.0`\n> 时间:2026-11-26 18:33:44(用时 36秒)"}}',1795689254603,7,'ambiguous',0,NULL,'the connection to WeCom broke before its answer: client error (SendRequest): connection closed before message completed');
INSERT INTO messages VALUES('01a2176b-9bdc-71fe-8f91-7057f1780556','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像:`venus/api`\n> 版本:`v3.1.0`\n> 时间:2026-11-26 18:33:45(用时 36秒)"}}',1795689257948,1,'retry',0,NULL,'cannot connect to WeCom: client error (Connect): tcp connect error: Connection refused (os error 111)');
INSERT INTO messages VALUES('01a2176b-a9bf-760f-97c1-f45faa04d0e3','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像:`venus/web`\n> 版本:`v3.1.0`\n> 时间:2026-11-26 18:33:45(用时 36秒)"}}',1795689261504,4,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-b6ce-71cb-b3e8-aa7f42650ba6','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** 成功 12\n<font color=\"info\">重试后成功</font> 华为仓\n> `mars/mars-web` `v2.0.0` 18:33:44\n<font color=\"info\">成功</font> 阿里仓\n> `venus/api` `v3.1.0` 18:33:45\n> `venus/auth` `v3.1.0` 18:33:45\n> `venus/cart` `v3.1.0` 18:33:45\n> `venus/mail` `v3.1.0` 18:33:45\n> `venus/map` `v3.1.0` 18:33:45\n> `venus/tax` `v3.1.0` 18:33:45\n> `venus/user` `v3.1.0` 18:33:45\n<font color=\"info\">成功</font> 华为仓\n> `venus/billing` `v3.1.0` 18:33:45\n> `venus/queue` `v3.1.0` 18:33:45\n> `venus/search` `v3.1.0` 18:33:45\n> `venus/stock` `v3.1.0` 18:33:45"}}',1795689264846,4,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-c3db-777b-aa62-5c00be90429b','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓 😀\n> 镜像:`mars/mars-api`\n> 版本:`told-1.0`\n> 时间:2026-11-26 18:33:43(用时 36秒)"}}',1795689268187,3,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-c411-7093-931d-1ba2fa0cff67','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像:`mars/mars-api`\n> 版本:`old-harbor`\n> 时间:2026-11-26 18:33:43(用时 36秒)"}}',1795689268241,18,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-c481-7714-bf47-94edd5f68bda','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像:`mars/mars-api`\n> 版本:`rejected-1.0`\n> 时间:2026-11-26 18:33:43(用时 36秒)"}}',1795689268353,17,'rejected',200,40008,'invalid message type');
INSERT INTO messages VALUES('01a2176b-c87e-713c-80d4-87cc70ae78a2','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓 😀\n> 镜像:`mars/mars-api`\n> 版本:`told-1.0`\n> 时间:2026-11-26 18:33:43(用时 36秒)"}}',1795689269375,5,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-c8c4-7239-b036-d51234f4031a','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像:`venus/sub/web`\n> 版本:`for-two-1.0`\n> 时间:2026-11-26 18:33:43(用时 36秒)"}}',1795689269447,10,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-c8c8-7626-b6c8-660e4ac60219','运维','{"msgtype":"text","text":{"content":"镜像入仓 成功 阿里仓\n镜像:venus/sub/web\n版本:for-two-1.0\n时间:2026-11-26 18:33:43(用时 36秒)","mentioned_list":["zhangsan","li.si"]}}',1795689269456,15,'robot_broken',200,93000,'invalid webhook url');
INSERT INTO messages VALUES('01a2176b-c98c-7597-8716-2d09ffec72d2','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">重试后成功</font> 阿里仓\n> 镜像:`mars/mars-api`\n> 版本:`heals-1.0`\n> 时间:2026-11-26 18:33:43(用时 36秒)"}}',1795689269644,6,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-c9be-7458-afc6-cd82fe682d86','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像:`mars/mars-api`\n> 版本:`hangs-1.0`\n> 时间:2026-11-26 18:33:43(用时 36秒)"}}',1795689269694,0,'in_flight',0,NULL,'');
CREATE TABLE attempts (
    delivery_id TEXT   NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    number      BIGINT NOT NULL,
    message_id  TEXT   NOT NULL REFERENCES messages (id),
    PRIMARY KEY (delivery_id, number)
);
INSERT INTO attempts VALUES('01a2176b-749d-72ea-8b06-37623b08d718',1,'01a2176b-74a3-712b-97c9-f08d01ad78d9');
INSERT INTO attempts VALUES('01a2176b-74eb-70be-9f87-630ebdd5d0c7',1,'01a2176b-81b4-7761-b451-eeb3589edb76');
INSERT INTO attempts VALUES('01a2176b-81d3-72a7-9437-3492103c367c',1,'01a2176b-8ecb-760d-9e22-169405465ee7');
INSERT INTO attempts VALUES('01a2176b-8edd-72a7-aaa1-55a89a81ecff',1,'01a2176b-9bdc-71fe-8f91-7057f1780556');
INSERT INTO attempts VALUES('01a2176b-8eeb-7017-9886-ddb468779356',1,'01a2176b-a9bf-760f-97c1-f45faa04d0e3');
INSERT INTO attempts VALUES('01a2176b-81d3-72a7-9437-3492103c367c',2,'01a2176b-b6ce-71cb-b3e8-aa7f42650ba6');
INSERT INTO attempts VALUES('01a2176b-8edd-72a7-aaa1-55a89a81ecff',2,'01a2176b-b6ce-71cb-b3e8-aa7f42650ba6');
INSERT INTO attempts VALUES('01a2176b-8efc-743b-bf94-ca6bcd7ff049',1,'01a2176b-b6ce-71cb-b3e8-aa7f42650ba6');
INSERT INTO attempts VALUES('01a2176b-8f0b-74c9-aa35-795386b06fc2',1,'01a2176b-b6ce-71cb-b3e8-aa7f42650ba6');
INSERT INTO attempts VALUES('01a2176b-8f1b-729f-b781-842bca442358',1,'01a2176b-b6ce-71cb-b3e8-aa7f42650ba6');
INSERT INTO attempts VALUES('01a2176b-8f2e-702e-ae3b-16b256d2ba3f',1,'01a2176b-b6ce-71cb-b3e8-aa7f42650ba6');
INSERT INTO attempts VALUES('01a2176b-8f3d-77f6-a1f7-e04dc3e396fe',1,'01a2176b-b6ce-71cb-b3e8-aa7f42650ba6');
INSERT INTO attempts VALUES('01a2176b-8f5b-7421-acbe-f80bfcd192b6',1,'01a2176b-b6ce-71cb-b3e8-aa7f42650ba6');
INSERT INTO attempts VALUES('01a2176b-8f6a-722a-90d7-4580053e81d4',1,'01a2176b-b6ce-71cb-b3e8-aa7f42650ba6');
INSERT INTO attempts VALUES('01a2176b-8f77-75ad-9077-52ef6c58abf5',1,'01a2176b-b6ce-71cb-b3e8-aa7f42650ba6');
INSERT INTO attempts VALUES('01a2176b-8f85-7652-9ced-bb30473ca34c',1,'01a2176b-b6ce-71cb-b3e8-aa7f42650ba6');
INSERT INTO attempts VALUES('01a2176b-8f94-7517-87a3-9c818220fda2',1,'01a2176b-b6ce-71cb-b3e8-aa7f42650ba6');
INSERT INTO attempts VALUES('01a2176b-b7d1-7063-a9dc-d472eb99cac9',1,'01a2176b-c3db-777b-aa62-5c00be90429b');
INSERT INTO attempts VALUES('01a2176b-c40c-76e6-b1b7-e6d3f4ff3d19',1,'01a2176b-c411-7093-931d-1ba2fa0cff67');
INSERT INTO attempts VALUES('01a2176b-c476-70eb-a9d1-a1b45c6aa44a',1,'01a2176b-c481-7714-bf47-94edd5f68bda');
INSERT INTO attempts VALUES('01a2176b-b7d1-7063-a9dc-d472eb99cac9',2,'01a2176b-c87e-713c-80d4-87cc70ae78a2');
INSERT INTO attempts VALUES('01a2176b-c8b6-72f5-8428-89997d1e2878',1,'01a2176b-c8c4-7239-b036-d51234f4031a');
INSERT INTO attempts VALUES('01a2176b-c8b6-72f5-8428-899aa63ce5eb',1,'01a2176b-c8c8-7626-b6c8-660e4ac60219');
INSERT INTO attempts VALUES('01a2176b-c97e-753a-b785-234bdd291831',1,'01a2176b-c98c-7597-8716-2d09ffec72d2');
INSERT INTO attempts VALUES('01a2176b-c9bc-7007-8fc8-06b6648328da',1,'01a2176b-c9be-7458-afc6-cd82fe682d86');
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
INSERT INTO robots VALUES('default',0,0,0,'none',0,'',1795689269694,'','01a2176b-b771-77b1-a7aa-6c0d8d47c54d',1795689299694);
INSERT INTO robots VALUES('运维',1,1795689269456,1,'broken',1795689869471,'errcode 93000: invalid webhook url',1795689269471,'','01a2176b-b771-77b1-a7aa-6c0d8d47c54d',1795689299456);
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
CREATE INDEX deliveries_held ON deliveries (next_attempt_at)
    WHERE state = 'pending' AND attempts = 0 AND next_attempt_at > created_at;
COMMIT;
